//! References (FHIR: References, section 2.3.0): the form of the string, and the type of what is meant.

use crate::extension::is_absolute;
use crate::place::Place;
use crate::primitive::Primitive;
use crate::rule;
use crate::walk::Walk;
use fhir::Node;
use fhir::quoted::quoted;
use fhir::schema::{TypeId, schema};

impl<'a> Walk<'a> {
    pub(crate) fn reference(&mut self, node: Node<'a>, targets: &[&'static str], place: &Place<'_>) {
        let stated = node.get("type").and_then(|stated| Some((stated, type_named(&stated.as_str()?)?)));
        let mut found = None;
        if let Some(string) = node.get("reference") {
            let Some(text) = string.as_str().filter(|text| !text.is_empty()) else { return };
            match self.target_of(&text) {
                Target::Type(type_id) => {
                    found = Some(type_id);
                    self.mistaken_uuid(&text, type_id, string, place);
                }
                Target::Open => {}
                Target::Missing if !self.settings.native_invariants => {}
                Target::Missing => {
                    let message = format!(
                        "no contained resource has the id {}; contain it or mend the reference",
                        quoted(&text[1..])
                    );
                    self.report(&place.child("reference"), string, rule::REF_1, message);
                }
                Target::Malformed(mend) => {
                    let message = format!("{} is not a reference; {mend}", quoted(&text));
                    self.report(&place.child("reference"), string, rule::REFERENCE_FORM, message);
                }
            }
            if text.starts_with('#') {
                self.container.note_local(&text);
            }
        }
        if let (Some((place_of_type, stated)), Some(found)) = (stated, found)
            && stated != found
        {
            let message = format!(
                "type says {} but the reference is to {}; make them agree",
                stated.name(),
                found.name()
            );
            self.report(&place.child("type"), place_of_type, rule::REFERENCE_TYPE, message);
        }
        let Some(found) = found.or(stated.map(|(_, stated)| stated)) else { return };
        if !targets.is_empty() && !targets.iter().any(|target| is_allowed(found, target)) {
            let message = format!("refers to {}; allowed here are {}", found.name(), targets.join(", "));
            self.report(place, node, rule::REFERENCE_TARGET, message);
        }
    }

    /// A relative reference whose id is the UUID of an entry of the bundle means that entry, so the type is its.
    fn mistaken_uuid(&mut self, text: &str, stated: TypeId, node: Node<'a>, place: &Place<'_>) {
        if let Some(entry) = self.full_urls.type_of_uuid(text).filter(|entry| *entry != stated) {
            let message = format!(
                "{} names {}, and the entry of that UUID is {}; make them agree",
                quoted(text),
                stated.name(),
                entry.name()
            );
            self.report(&place.child("reference"), node, rule::REFERENCE_TYPE, message);
        }
    }

    /// A canonical `#id`: a contained definition.
    pub(crate) fn local_canonical(&mut self, text: &str, node: Node<'a>, place: &Place<'_>) {
        if let Target::Missing = self.target_of(text) {
            let message = format!(
                "no contained resource has the id {}; contain it or mend the canonical",
                quoted(&text[1..])
            );
            self.report(place, node, rule::CANONICAL_LOCAL, message);
        }
    }

    fn target_of(&self, text: &str) -> Target {
        if let Some(id) = text.strip_prefix('#') {
            return match self.container.contained_type(id) {
                _ if id.is_empty() => Target::Open,
                Some(Some(type_id)) => Target::Type(type_id),
                Some(None) => Target::Open,
                None => Target::Missing,
            };
        }
        if text.contains(char::is_whitespace) {
            return Target::Malformed("remove the white space");
        }
        if let Some(type_id) = self.full_urls.type_of(text) {
            return Target::Type(type_id);
        }
        if is_absolute(text) {
            return absolute_target(text);
        }
        relative_target(text)
    }
}

/// What a reference means as far as its text tells.
enum Target {
    Type(TypeId),
    Open,
    Missing,
    Malformed(&'static str),
}

fn absolute_target(text: &str) -> Target {
    if text.starts_with("urn:") {
        let verdict = Primitive::Uri.check(text);
        return if verdict.is_ok() {
            Target::Open
        } else {
            Target::Malformed("write urn:uuid: or urn:oid: in full")
        };
    }
    if !text.starts_with("http://") && !text.starts_with("https://") {
        return Target::Open;
    }
    match restful(text) {
        Some((type_name, _)) => schema().resource_named(type_name).map_or(Target::Open, Target::Type),
        None => Target::Open,
    }
}

fn relative_target(text: &str) -> Target {
    const MEND: &str = "write it as Type/id, an absolute URL, urn:uuid:… or #id of a contained resource";
    if text.contains('?') {
        // A conditional reference, for transactions (FHIR: RESTful API, section 3.1.0.11.3).
        let type_name = text.split('?').next().unwrap_or_default();
        return schema().resource_named(type_name).map_or(Target::Malformed(MEND), Target::Type);
    }
    match restful(text) {
        Some((type_name, "")) => match schema().resource_named(type_name) {
            Some(type_id) => Target::Type(type_id),
            None => Target::Malformed("its type is not a resource type"),
        },
        _ => Target::Malformed(MEND),
    }
}

/// The type of `…/Type/id` or `…/Type/id/_history/version`, and what stands before it.
pub(crate) fn restful(text: &str) -> Option<(&str, &str)> {
    let (address, _fragment) = text.split_once('#').unwrap_or((text, ""));
    let address = match address.rsplit_once("/_history/") {
        Some((address, version)) if Primitive::Id.check(version).is_ok() => address,
        Some(_) => return None,
        None => address,
    };
    let (before, id) = address.rsplit_once('/')?;
    let (rest, type_name) = before.rsplit_once('/').unwrap_or(("", before));
    let fits = !id.is_empty() && Primitive::Id.check(id).is_ok();
    fits.then_some((type_name, rest))
}

fn type_named(uri: &str) -> Option<TypeId> {
    schema().resource_named(uri.strip_prefix("http://hl7.org/fhir/StructureDefinition/").unwrap_or(uri))
}

/// Whether a type meets a target: a type name, or a profile's URL, of which nothing is known here.
fn is_allowed(found: TypeId, target: &str) -> bool {
    match schema().type_named(target) {
        Some(target) => found.is_a(target),
        None => true,
    }
}
