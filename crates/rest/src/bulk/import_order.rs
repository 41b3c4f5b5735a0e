//! What an import is asked for: files of resources, and where they are.

use crate::failure::Failure;
use crate::inputs::Inputs;
use fhir::Value;
use fhir::schema::{TypeId, schema};

/// The names of the one format (`inputFormat`).
const FORMATS: [&str; 3] = ["application/fhir+ndjson", "application/ndjson", "ndjson"];

/// The one kind of storage (`storageDetail.type`).
const STORAGE: &str = "https";

/// How files may be packed; which are is seen by how they begin.
const ENCODINGS: [&str; 2] = ["gzip", "identity"];

/// How many files may be named.
const SOURCES_MAX: usize = 1000;

/// An import as it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ImportOrder {
    /// The URL that it was asked for by.
    pub request: String,
    /// Where the data is from, in the words of whoever asked (`inputSource`).
    pub input_source: String,
    /// The files, never none.
    pub sources: Vec<Source>,
}

/// A file of resources of a type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    /// The type.
    pub type_id: TypeId,
    /// The URL that it was named by.
    pub url: String,
    /// Where it is.
    pub place: Place,
}

/// Where a file is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// It is the content of this version of a Binary.
    Binary {
        /// The Binary's id.
        id: String,
        /// The version.
        version: u32,
    },
    /// It is fetched.
    Elsewhere,
}

impl ImportOrder {
    /// Reads the parameters; `place` finds what a URL leads to.
    pub fn read(
        request: String,
        inputs: &Inputs,
        place: impl Fn(&str) -> Result<Place, Failure>,
    ) -> Result<Self, Failure> {
        one_of("inputFormat", &FORMATS, inputs.required("inputFormat")?)?;
        let input_source = inputs.required("inputSource")?.to_owned();
        if let Some(detail) = inputs.tree("storageDetail") {
            let detail = Value::from(detail);
            one_of("storageDetail", &[STORAGE], text(&detail, "type"))?;
            for encoding in texts(&detail, "contentEncoding") {
                one_of("storageDetail", &ENCODINGS, encoding)?;
            }
        }
        let mut sources = Vec::new();
        for input in inputs.trees("input").map(Value::from) {
            let (name, url) = (text(&input, "type"), text(&input, "url"));
            let type_id = schema().resource_named(name).ok_or_else(|| {
                Failure::parameter("input", format!("'{name}' is no type of resource; give each input one"))
            })?;
            sources.push(Source { type_id, url: url.to_owned(), place: place(url)? });
        }
        match sources.len() {
            0 => Err(Failure::missing("input", "name at least one file by its type and url")),
            1..=SOURCES_MAX => Ok(Self { request, input_source, sources }),
            _ => Err(Failure::parameter("input", format!("name at most {SOURCES_MAX} files"))),
        }
    }

    /// As a job keeps it.
    pub fn to_value(&self) -> Value {
        fhir::object! {
            "request" => self.request.as_str(),
            "input_source" => self.input_source.as_str(),
            "sources" => Value::Array(self.sources.iter().map(Source::to_value).collect()),
        }
    }

    /// Reads what a job keeps; `None` when it is of no import.
    pub fn of_value(kept: &Value) -> Option<Self> {
        let text = |name| kept.get(name)?.as_str().map(str::to_owned);
        let sources = kept.get("sources")?.as_array()?.iter().map(Source::of_value);
        Some(Self {
            request: text("request")?,
            input_source: text("input_source")?,
            sources: sources.collect::<Option<_>>()?,
        })
    }
}

impl Source {
    fn to_value(&self) -> Value {
        let mut kept = fhir::Object::new();
        kept.set("type", self.type_id.name());
        kept.set("url", self.url.as_str());
        if let Place::Binary { id, version } = &self.place {
            kept.set("binary", vec![id.clone(), version.to_string()]);
        }
        kept.into()
    }

    fn of_value(kept: &Value) -> Option<Self> {
        let place = match kept.get("binary") {
            None => Place::Elsewhere,
            Some(binary) => match binary.as_array()? {
                [id, version] => {
                    Place::Binary { id: id.as_str()?.to_owned(), version: version.as_str()?.parse().ok()? }
                }
                _ => return None,
            },
        };
        Some(Self {
            type_id: schema().resource_named(kept.get("type")?.as_str()?)?,
            url: kept.get("url")?.as_str()?.to_owned(),
            place,
        })
    }
}

fn one_of(parameter: &str, known: &[&str], given: &str) -> Result<(), Failure> {
    match known.contains(&given) {
        true => Ok(()),
        false => {
            Err(Failure::parameter(parameter, format!("'{given}' is not supported; write {}", known[0])))
        }
    }
}

/// The only text of an object; empty when there is none, or several.
fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    match texts(object, name).as_slice() {
        [one] => one,
        _ => "",
    }
}

/// The texts of an object, of one or of an array.
fn texts<'a>(object: &'a Value, name: &str) -> Vec<&'a str> {
    match object.get(name) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(one) => one.as_str().into_iter().collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_kept_and_read_again() {
        let patient = schema().resource_named("Patient").unwrap();
        let source =
            |place: Place| Source { type_id: patient, url: "https://a.example/p?q".to_owned(), place };
        let order = ImportOrder {
            request: "http://localhost/fhir/$import".to_owned(),
            input_source: "https://a.example".to_owned(),
            sources: vec![source(Place::Elsewhere), source(Place::Binary { id: "b".to_owned(), version: 3 })],
        };
        assert_eq!(ImportOrder::of_value(&order.to_value()), Some(order));
    }
}
