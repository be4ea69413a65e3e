//! The verification steps of the Open Badges standards, in their order and words, into one report.
