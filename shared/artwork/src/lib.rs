//! Badge artwork: decode once under limits, sanitise, normalise to a square.
