//! Parts of resources: `_summary` and `_elements` (R4 search §3.1.1.5.8, §3.1.1.5.9).

use crate::failure::Failure;
use crate::parameters::Parameters;
use fhir::schema::{ElementDefinition, TypeId, TypeKind};
use fhir::value::write_string;
use fhir::{Element, Kind, Node, Value};
use record::Resource;
use search::parse::{Request, Summary};

/// Which parts of a resource are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Subset {
    /// All of it.
    #[default]
    Whole,
    /// What the definitions mark for summaries, at every depth.
    Summary,
    /// Narrative, id, meta and what must be there.
    Text,
    /// All but the narrative.
    Data,
    /// These elements, and those that must be there or change the meaning of others.
    Elements(Vec<String>),
}

/// The tag of a resource that is not shown whole.
const SUBSETTED: (&str, &str) = ("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED");

impl Subset {
    /// What the parameters of a request that is no search ask for.
    pub fn read(parameters: &Parameters) -> Result<Self, Failure> {
        let elements: Vec<&str> = parameters.all("_elements").flat_map(|list| list.split(',')).collect();
        match parameters.get("_summary") {
            None | Some("false") => Ok(Self::of_elements(elements.into_iter())),
            Some("true") => Ok(Self::Summary),
            Some("text") => Ok(Self::Text),
            Some("data") => Ok(Self::Data),
            Some("count") => {
                Err(Failure::parameter("_summary", "count is for searches; write true, text, data or false"))
            }
            Some(_) => Err(Failure::parameter("_summary", "write true, text, data, count or false")),
        }
    }

    /// What a search asks for.
    pub fn of_search(request: &Request) -> Self {
        match request.summary {
            Summary::Elements => Self::Summary,
            Summary::Text => Self::Text,
            Summary::Data => Self::Data,
            Summary::None | Summary::Count => Self::of_elements(request.elements.iter().map(String::as_str)),
        }
    }

    /// Only elements of the resource itself can be named: of `name.family` the whole `name` is shown.
    fn of_elements<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let top = |name: &'a str| {
            name.trim().split('.').find(|part| part.starts_with(|c: char| c.is_ascii_lowercase()))
        };
        let names: Vec<String> = names.filter_map(top).map(str::to_owned).collect();
        if names.is_empty() { Self::Whole } else { Self::Elements(names) }
    }

    /// The resource's JSON with these parts of it; empty for a deletion.
    pub fn of(&self, resource: &Resource) -> Result<String, Failure> {
        if *self == Self::Whole {
            return Ok(resource.to_json());
        }
        let Some(document) = resource.document() else { return Ok(String::new()) };
        let element = Element::resource(&document).ok_or_else(Failure::internal)?;
        let mut text = String::with_capacity(document.text().len());
        self.write_root(&mut text, document.root(), element.type_id);
        Ok(text)
    }

    fn write_root(&self, text: &mut String, root: Node<'_>, type_id: TypeId) {
        let mut members = MemberWriter::new(text);
        for (name, node) in root.members() {
            if name == "meta" {
                members.name(&name);
                members.text.push_str(&subsetted(node));
                continue;
            }
            match (&*name, type_id.definition().member(plain(&name))) {
                ("resourceType" | "id", _) => members.raw(&name, node),
                (_, Some((element, type_id))) if self.keeps(element) => {
                    members.name(&name);
                    self.write_value(members.text, node, type_id, name.starts_with('_'));
                }
                _ => {}
            }
        }
        members.finish();
    }

    fn keeps(&self, element: &ElementDefinition) -> bool {
        match self {
            Self::Whole => true,
            Self::Summary => element.is_summary || element.min > 0,
            Self::Text => element.name == "text" || element.min > 0,
            Self::Data => element.name != "text",
            Self::Elements(names) => {
                element.min > 0 || element.is_modifier || names.iter().any(|name| name == element.name)
            }
        }
    }

    /// Writes a value: of complex ones, in a summary, only what the definitions mark.
    fn write_value(&self, text: &mut String, node: Node<'_>, type_id: TypeId, is_sibling: bool) {
        let is_tree =
            matches!(type_id.definition().kind, TypeKind::Complex | TypeKind::Nested | TypeKind::Constraint);
        if *self != Self::Summary || !is_tree || is_sibling {
            text.push_str(node.raw());
            return;
        }
        match node.kind() {
            Kind::Array => {
                text.push('[');
                for (index, item) in node.items().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    self.write_value(text, item, type_id, false);
                }
                text.push(']');
            }
            Kind::Object => self.write_tree(text, node, type_id),
            _ => text.push_str(node.raw()),
        }
    }

    fn write_tree(&self, text: &mut String, node: Node<'_>, type_id: TypeId) {
        let is_shown =
            |name: &str| type_id.definition().member(plain(name)).filter(|(element, _)| self.keeps(element));
        if !node.members().any(|(name, _)| is_shown(&name).is_some()) {
            // An element may not be empty: one that has nothing for a summary is shown as it is.
            text.push_str(node.raw());
            return;
        }
        let mut members = MemberWriter::new(text);
        for (name, value) in node.members() {
            if let Some((_, type_id)) = is_shown(&name) {
                members.name(&name);
                self.write_value(members.text, value, type_id, name.starts_with('_'));
            }
        }
        members.finish();
    }
}

fn plain(name: &str) -> &str {
    name.strip_prefix('_').unwrap_or(name)
}

/// `meta` with the tag of what is not whole.
fn subsetted(meta: Node<'_>) -> String {
    let mut meta = Value::from(meta);
    let tag = fhir::object! { "system" => SUBSETTED.0, "code" => SUBSETTED.1 };
    if let Some(object) = meta.as_object_mut() {
        match object.get_mut("tag").and_then(Value::as_array_mut) {
            Some(tags) => tags.push(tag),
            None => object.set("tag", vec![tag]),
        }
    }
    meta.to_json()
}

/// Writes the members of an object.
struct MemberWriter<'a> {
    text: &'a mut String,
    is_first: bool,
}

impl<'a> MemberWriter<'a> {
    fn new(text: &'a mut String) -> Self {
        text.push('{');
        Self { text, is_first: true }
    }

    fn name(&mut self, name: &str) {
        if !std::mem::replace(&mut self.is_first, false) {
            self.text.push(',');
        }
        write_string(self.text, name);
        self.text.push(':');
    }

    fn raw(&mut self, name: &str, node: Node<'_>) {
        self.name(name);
        self.text.push_str(node.raw());
    }

    fn finish(self) {
        self.text.push('}');
    }
}
