//! Notes and documents.

use crate::chart::concept;
use crate::signed_note_stays;
use base64::Engine;
use fhir::{Document, Node};

/// A note or document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentItem {
    /// The logical id.
    pub id: String,
    /// What kind, in words.
    pub kind: String,
    /// What it is about; empty when not said.
    pub title: String,
    /// When it was written.
    pub date: String,
    /// By whom; empty when not recorded.
    pub author: String,
    /// The Encounter it belongs to, by logical id; empty when none.
    pub visit_id: String,
    /// Its text, when it is held here and is text.
    pub text: Option<String>,
    /// Whether somebody vouches for it: then it stays as it is.
    pub is_signed: bool,
    /// Since when, as an instant; empty when that is not recorded.
    pub instant: String,
}

impl DocumentItem {
    /// Reads a DocumentReference.
    pub fn read(resource: &Document) -> Self {
        let root = resource.root();
        let attachment = root.each_of("content").find_map(|content| content.get("attachment"));
        let title = attachment.and_then(|one| one.get_str("title")).or_else(|| root.get_str("description"));
        let author = root.each_of("author").find_map(|author| author.get_str("display"));
        let encounter = root.at_path(&["context", "encounter", "reference"]).and_then(Node::as_str);
        let visit_id = encounter.and_then(|name| name.strip_prefix("Encounter/").map(str::to_owned));
        Self {
            id: root.get_str("id").unwrap_or_default().into_owned(),
            kind: concept::text(root.get("type")).unwrap_or_else(|| "Document".to_owned()),
            title: title.unwrap_or_default().into_owned(),
            date: concept::day(root.get("date")),
            author: author.unwrap_or_default().into_owned(),
            visit_id: visit_id.unwrap_or_default(),
            text: attachment.and_then(text),
            is_signed: signed_note_stays::is_signed(resource),
            instant: root.get_str("date").unwrap_or_default().into_owned(),
        }
    }
}

/// The text of an attachment of plain text that is held in the resource.
fn text(attachment: Node<'_>) -> Option<String> {
    let content_type = attachment.get_str("contentType")?;
    if !content_type.starts_with("text/plain") {
        return None;
    }
    let bytes =
        base64::engine::general_purpose::STANDARD.decode(attachment.get_str("data")?.as_bytes()).ok()?;
    String::from_utf8(bytes).ok()
}
