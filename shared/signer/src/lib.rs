//! Keys held in AWS KMS: the only place that asks for a signature.
