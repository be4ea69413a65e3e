//! A record on its way to and from DynamoDB.

use crate::client::StoreError;
use crate::key::TableKey;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// The attributes of one record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item(HashMap<String, AttributeValue>);

impl Item {
    /// A record at `key`, with nothing in it yet.
    #[must_use]
    pub fn at(key: &TableKey) -> Self {
        Self::default().text("pk", &key.pk).text("sk", &key.sk)
    }

    /// Where it lies.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it does not say.
    pub(crate) fn key(&self) -> Result<TableKey, StoreError> {
        Ok(TableKey { pk: self.get_text("pk")?.to_owned(), sk: self.get_text("sk")?.to_owned() })
    }

    /// With a text.
    #[must_use]
    pub fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::S(value.into()));
        self
    }

    /// With a whole number.
    #[must_use]
    pub fn number(mut self, name: &str, value: impl Into<i64>) -> Self {
        self.0.insert(name.to_owned(), number(value));
        self
    }

    /// With bytes.
    #[must_use]
    pub fn bytes(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::B(Blob::new(value.into())));
        self
    }

    /// With a domain value as JSON in `doc`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be written as JSON.
    pub fn doc(self, value: &impl Serialize) -> Result<Self, StoreError> {
        let json =
            serde_json::to_string(value).map_err(|_| StoreError::Corrupt("a record that cannot be written as JSON"))?;
        Ok(self.text("doc", json))
    }

    /// Whatever stands under `name`.
    pub(crate) fn value(&self, name: &str) -> Option<&AttributeValue> {
        self.0.get(name)
    }

    /// The text under `name`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is not there.
    pub fn get_text(&self, name: &'static str) -> Result<&str, StoreError> {
        self.0.get(name).and_then(|v| v.as_s().ok()).map(String::as_str).ok_or(StoreError::Corrupt(name))
    }

    /// The whole number under `name`, when there is one.
    #[must_use]
    pub fn find_number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.0.get(name)?.as_n().ok()?.parse().ok()
    }

    /// The whole number under `name`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is not there.
    pub fn get_number<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, StoreError> {
        self.find_number(name).ok_or(StoreError::Corrupt(name))
    }

    /// The bytes under `name`, when there are any.
    #[must_use]
    pub fn find_bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name)?.as_b().ok().map(AsRef::as_ref)
    }

    /// The bytes under `name`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when they are not there.
    pub fn get_bytes(&self, name: &'static str) -> Result<&[u8], StoreError> {
        self.find_bytes(name).ok_or(StoreError::Corrupt(name))
    }

    /// 32 bytes under `name`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when there are not exactly 32.
    pub fn get_secret(&self, name: &'static str) -> Result<[u8; 32], StoreError> {
        self.get_bytes(name)?.try_into().map_err(|_| StoreError::Corrupt(name))
    }

    /// The domain value in `doc`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is not there or does not read.
    pub fn get_doc<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        serde_json::from_str(self.get_text("doc")?).map_err(|_| StoreError::Corrupt("doc"))
    }

    /// An instant in Unix seconds under `name`, when there is one.
    #[must_use]
    pub fn find_time(&self, name: &str) -> Option<jiff::Timestamp> {
        jiff::Timestamp::from_second(self.find_number(name)?).ok()
    }

    /// A JSON value under `name`, when there is one.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it does not read.
    pub fn find_json<T: DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>, StoreError> {
        let Some(AttributeValue::S(text)) = self.0.get(name) else { return Ok(None) };
        serde_json::from_str(text).map(Some).map_err(|_| StoreError::Corrupt(name))
    }

    /// The bytes DynamoDB counts for this record: names and values in UTF-8, numbers at about one byte for two digits
    /// (DynamoDB developer guide, "item sizes and formats"). A write unit covers 1,024 of them.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        let value = |v: &AttributeValue| match v {
            AttributeValue::S(text) => text.len(),
            AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
            AttributeValue::B(blob) => blob.as_ref().len(),
            _ => 1,
        };
        self.0.iter().map(|(name, v)| name.len() + value(v)).sum()
    }

    pub(crate) fn into_map(self) -> HashMap<String, AttributeValue> {
        self.0
    }
}

impl From<HashMap<String, AttributeValue>> for Item {
    fn from(map: HashMap<String, AttributeValue>) -> Self {
        Self(map)
    }
}

pub(crate) fn number(value: impl Into<i64>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}
