//! Extensions (FHIR: Extensibility): a value or further extensions, and an absolute URL.

use crate::place::Place;
use crate::rule;
use crate::settings::Extensions;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::{Element, Node};

impl<'a> Walk<'a> {
    pub(crate) fn extension(&mut self, element: Element<'a>, node: Node<'a>, place: &Place<'_>) {
        let (mut has_value, mut has_extensions) = (false, false);
        for (name, _) in node.members() {
            has_value |= name.trim_start_matches('_').starts_with("value");
            has_extensions |= name == "extension";
        }
        if has_value == has_extensions {
            let message = if has_value {
                "has a value[x] and extensions; keep one of the two"
            } else {
                "has neither a value[x] nor extensions; give it one of the two"
            };
            self.report(place, node, rule::EXT_1, message);
        }
        let is_nested =
            place.parent.is_some_and(|parent| matches!(parent.name, "extension" | "modifierExtension"));
        let Some(url) = node.get("url").filter(|_| !is_nested) else { return };
        if let Some(text) = url.as_str().filter(|text| !text.is_empty() && !is_absolute(text)) {
            let message =
                format!("{} is not absolute; write the URL whole, from its scheme on", quoted(&text));
            return self.report(&place.child("url"), url, rule::EXTENSION_URL, message);
        }
        if let Some(text) = url.as_str().filter(|_| self.settings.extensions != Extensions::Ignore) {
            self.defined_extension(element, &text, place);
        }
    }
}

/// True with a scheme: a letter, then letters, digits, `+`, `-` and `.`, then a colon (RFC 3986, section 3.1).
pub(crate) fn is_absolute(uri: &str) -> bool {
    let Some((scheme, _)) = uri.split_once(':') else { return false };
    scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}
