//! Guarded requests to addresses that strangers name: HTTPS, public addresses, few redirects, small answers.
