//! Lambda and HTTP: configuration, callers, problems, content negotiation, logs.
