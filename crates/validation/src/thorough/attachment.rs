//! Attachments (FHIR: Attachment.size): as large as they say.

use crate::place::Place;
use crate::rule;
use crate::walk::Walk;
use fhir::{Element, Node};

impl<'a> Walk<'a> {
    /// The size stated is that of the data.
    pub(super) fn attachment(&mut self, attachment: Element<'a>, place: &Place<'_>) {
        let Some(node) = attachment.value else { return };
        let stated = node.get("size").and_then(Node::as_number).and_then(|size| size.parse::<usize>().ok());
        let (Some(stated), Some(data)) = (stated, node.get_str("data")) else { return };
        let found = size_bytes(&data);
        if stated != found {
            let message = format!("says that it has {stated} bytes and has {found}; mend size or data");
            self.report(&place.child("size"), node, rule::ATTACHMENT_SIZE, message);
        }
    }
}

/// How many bytes base64 stands for.
pub(crate) fn size_bytes(base64: &str) -> usize {
    let digits = base64.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=');
    digits.count() * 3 / 4
}
