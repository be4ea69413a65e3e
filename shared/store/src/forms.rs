//! Application forms, in versions kept for ever, and an organisation's own form templates.

use crate::client::{Expect, Store, StoreError};
use crate::item::{Item, number};
use crate::key;
use application::form::Form;
use application::names::CodeId;
use badge::plan::Limit;
use badge::{ClientId, FormId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

/// A form that an organisation keeps to begin others with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedTemplate {
    /// Its id.
    pub id: FormId,
    /// What it is called.
    pub name: String,
    /// The body of a request that makes a form.
    pub body: Value,
    /// When it was saved.
    pub created_at: Timestamp,
}

impl Store {
    /// Records a new form: its first version, what it is now, and its row in the organisation's list.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken.
    pub async fn create_form(&self, form: &Form, limit: Option<Limit>) -> Result<(), StoreError> {
        let writes = vec![
            self.transact_put(head(form)?, Expect::Absent)?,
            self.transact_put(version(form)?, Expect::Absent)?,
            self.transact_put(row(form)?, Expect::Absent)?,
        ];
        let limit = limit.filter(|_| form.is_switched_on());
        self.transact_one_more(&form.client, limit, writes, form.created_at).await
    }

    /// Records a form as it is from now on, provided that it still is what `before` was. Another version is kept for ever.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else changed it meanwhile.
    pub async fn update_form(
        &self,
        before: &Form,
        form: &Form,
        limit: Option<Limit>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = HashMap::from([(":old".to_owned(), number(edition(before)))]);
        let mut writes = vec![
            self.transact_put_if(head(form)?, "edition = :old", values)?,
            self.transact_put(row(form)?, Expect::Anything)?,
        ];
        if form.version != before.version {
            writes.push(self.transact_put(version(form)?, Expect::Absent)?);
        }
        let limit = limit.filter(|_| form.is_switched_on() && !before.is_switched_on());
        self.transact_one_more(&form.client, limit, writes, now).await
    }

    /// A form as it is now, whosever it is.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn form(&self, form: &FormId) -> Result<Option<Form>, StoreError> {
        self.get(&key::form_head(form)).await?.map(|item| item.get_doc()).transpose()
    }

    /// A form in one of its versions.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn form_version(&self, form: &FormId, version: u32) -> Result<Option<Form>, StoreError> {
        self.get(&key::form_version(form, version)).await?.map(|item| item.get_doc()).transpose()
    }

    /// An organisation's forms, put away ones too, in order of id.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn forms(&self, client: &ClientId) -> Result<Vec<Form>, StoreError> {
        let items = self.query(&key::forms_partition(client), key::FORMS, None).await?;
        items.iter().map(Item::get_doc).collect()
    }

    /// How many applications to a form take a place.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn form_count(&self, form: &FormId) -> Result<u32, StoreError> {
        let item = self.get(&key::form_count(form)).await?;
        Ok(item.and_then(|item| item.find_number(USED)).unwrap_or(0))
    }

    /// How often the claim codes of a form were used; those that never were are left out.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn code_uses(&self, form: &FormId) -> Result<HashMap<CodeId, u32>, StoreError> {
        let items = self.query(&key::form_partition(form), key::CODES, None).await?;
        let read = |item: &Item| {
            let name = item.get_text("sk")?.trim_start_matches(key::CODES).parse();
            Ok((name.map_err(|_| StoreError::Corrupt("sk"))?, item.get_number(USED)?))
        };
        items.iter().map(read).collect()
    }

    /// Keeps a form template.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken.
    pub async fn save_template(&self, client: &ClientId, template: &SavedTemplate) -> Result<(), StoreError> {
        self.put(Item::at(&key::form_template(client, &template.id)).doc(template)?, Expect::New).await
    }

    /// An organisation's own form templates, in order of id.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn saved_templates(&self, client: &ClientId) -> Result<Vec<SavedTemplate>, StoreError> {
        let items = self.query(&key::forms_partition(client), key::FORM_TEMPLATES, None).await?;
        items.iter().map(Item::get_doc).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn saved_template(&self, client: &ClientId, id: &FormId) -> Result<Option<SavedTemplate>, StoreError> {
        self.get(&key::form_template(client, id)).await?.map(|item| item.get_doc()).transpose()
    }

    /// Forgets one of them.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is none of this id.
    pub async fn remove_template(&self, client: &ClientId, id: &FormId) -> Result<(), StoreError> {
        self.delete(&key::form_template(client, id)).await
    }
}

/// How many were counted.
pub(crate) const USED: &str = "used";

/// A form changes with its version, and when it is put away or taken out again.
fn edition(form: &Form) -> i64 {
    i64::from(form.version) * 2 + i64::from(form.archived_at.is_some())
}

fn head(form: &Form) -> Result<Item, StoreError> {
    Ok(Item::at(&key::form_head(&form.id)).doc(form)?.number("edition", edition(form)))
}

fn version(form: &Form) -> Result<Item, StoreError> {
    Item::at(&key::form_version(&form.id, form.version)).doc(form)
}

fn row(form: &Form) -> Result<Item, StoreError> {
    Item::at(&key::form_row(&form.client, &form.id)).doc(form)
}
