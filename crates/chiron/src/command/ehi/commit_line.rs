//! A commit as a line of JSON, and back: everything that it wrote, to the byte.

use anyhow::{Context, Result, bail};
use fhir::schema::schema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::version::{Splice, SpliceForm};
use store::{Body, ResourceKey, WholeChange, WholeCommit};

/// A commit, as the format describes it.
#[derive(Serialize, Deserialize)]
pub struct CommitLine {
    sequence: u64,
    time_ms: i64,
    audit: String,
    versions: Vec<VersionLine>,
    chain: String,
}

/// A version in it.
#[derive(Serialize, Deserialize)]
struct VersionLine {
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    version: u32,
    number: i64,
    /// Where version and time stand in the text, and what is there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    stamp: Option<(u32, String)>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    text: Option<String>,
}

const FORMS: [(SpliceForm, &str); 3] =
    [(SpliceForm::NoMeta, "no-meta"), (SpliceForm::EmptyMeta, "empty-meta"), (SpliceForm::Meta, "meta")];

/// The name of what is at the place of a stamp.
pub fn form_name(form: SpliceForm) -> &'static str {
    FORMS.iter().find(|(known, _)| *known == form).map_or("", |(_, name)| name)
}

impl CommitLine {
    /// The line of a commit.
    pub fn of(commit: &WholeCommit) -> Result<Self> {
        let audit = String::from_utf8(commit.audit.clone());
        Ok(Self {
            sequence: commit.sequence,
            time_ms: commit.time_ms,
            audit: audit
                .with_context(|| format!("the audit row of commit {} is no text", commit.sequence))?,
            versions: commit.changes.iter().map(VersionLine::of).collect(),
            chain: store::BlobHash(commit.chain).to_string(),
        })
    }

    /// The commit of a line.
    pub fn commit(self) -> Result<WholeCommit> {
        let chain = store::BlobHash::parse(&self.chain).context("the chain hash is 64 hexadecimal digits")?;
        Ok(WholeCommit {
            sequence: self.sequence,
            time_ms: self.time_ms,
            changes: self.versions.into_iter().map(VersionLine::change).collect::<Result<_>>()?,
            audit: self.audit.into_bytes(),
            chain: chain.0,
        })
    }
}

impl VersionLine {
    fn of(change: &WholeChange) -> Self {
        let form = form_name(change.splice.form);
        let is_deletion = change.body.is_none();
        Self {
            type_name: change.key.type_id.name().to_owned(),
            id: change.key.id.to_string(),
            version: change.version,
            number: change.number,
            stamp: (!is_deletion).then(|| (change.splice.at, form.to_owned())),
            text: change.body.as_ref().map(|body| body.to_string()),
        }
    }

    fn change(self) -> Result<WholeChange> {
        let Some(type_id) = schema().resource_named(&self.type_name) else {
            bail!("'{}' is no type of resource", self.type_name);
        };
        let splice = match &self.stamp {
            None => Splice::default(),
            Some((at, name)) => {
                let form = FORMS.iter().find(|(_, known)| known == name);
                let (form, _) = form.with_context(|| format!("'{name}' is no place of a stamp"))?;
                Splice { at: *at, form: *form }
            }
        };
        let is_inside = self.text.as_ref().is_none_or(|text| text.is_char_boundary(splice.at as usize));
        if !is_inside || !(1..=64).contains(&self.id.len()) {
            bail!("{}/{} has no place for its stamp, or an id that is none", self.type_name, self.id);
        }
        Ok(WholeChange {
            key: ResourceKey::new(type_id, self.id),
            number: self.number,
            version: self.version,
            body: self.text.map(|text| Arc::new(Body::new(text))),
            splice,
        })
    }
}
