//! What a badge is: ids, issuers, badges, events, credentials, and their Open Badges 2.0 and 3.0 documents.
