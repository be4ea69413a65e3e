//! Black-box journeys through HTTP against the local stack.
