//! DynamoDB records and S3 objects: the only place where a table key or an object key is spelled.
