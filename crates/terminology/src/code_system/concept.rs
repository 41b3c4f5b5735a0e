//! One concept with all that is known of it.

use fhir::{Object, Value};

/// A code with its meaning, as `$lookup` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Concept {
    /// The code as the system writes it.
    pub code: String,
    /// The preferred display; empty when the system gives none.
    pub display: String,
    /// The definition, when the file carries it.
    pub definition: Option<String>,
    /// True when the concept is retired or otherwise out of use.
    pub inactive: bool,
    /// True when the concept only groups others and is not to be selected by a user.
    pub not_selectable: bool,
    /// Codes directly above.
    pub parents: Vec<String>,
    /// Codes directly below.
    pub children: Vec<String>,
    /// Further properties.
    pub properties: Vec<Property>,
    /// Other displays.
    pub designations: Vec<Designation>,
}

/// A property of a concept: `CodeSystem.concept.property`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Property {
    /// Name of the property.
    pub code: String,
    /// FHIR type of the value, such as `code` or `boolean`.
    pub kind: String,
    /// The value as text; a Coding is `system|code|display`.
    pub value: String,
}

/// Another display of a concept: `CodeSystem.concept.designation`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Designation {
    /// BCP 47 language; empty when none is given.
    pub language: String,
    /// System of the use; empty when none is given.
    pub use_system: String,
    /// Code of the use; empty when none is given.
    pub use_code: String,
    /// Display of the use; empty when none is given.
    pub use_display: String,
    /// The text.
    pub value: String,
}

/// The use that says that a designation is the preferred display in its language.
pub const DISPLAY_USE: (&str, &str) = ("http://terminology.hl7.org/CodeSystem/designation-usage", "display");

impl Property {
    /// Name of `value[x]` and the value, by the type of the property.
    pub fn to_value(&self) -> (&'static str, Value) {
        match self.kind.as_str() {
            "code" => ("valueCode", self.value.as_str().into()),
            "boolean" => ("valueBoolean", (self.value == "true").into()),
            "integer" if is_integer(&self.value) => ("valueInteger", Value::number(self.value.as_str())),
            "decimal" if is_decimal(&self.value) => ("valueDecimal", Value::number(self.value.as_str())),
            "dateTime" => ("valueDateTime", self.value.as_str().into()),
            "Coding" => ("valueCoding", coding_value(&self.value)),
            _ => ("valueString", self.value.as_str().into()),
        }
    }
}

fn is_integer(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
}

fn is_decimal(text: &str) -> bool {
    fhir::Document::parse(text.as_bytes()).is_ok_and(|document| document.root().as_number().is_some())
}

/// A Coding from `system|code|display`.
fn coding_value(text: &str) -> Value {
    let mut coding = Object::new();
    for (name, part) in ["system", "code", "display"].into_iter().zip(text.splitn(3, '|')) {
        if !part.is_empty() {
            coding.set(name, part);
        }
    }
    coding.into()
}

impl Designation {
    /// The use as a Coding, when there is one.
    pub fn use_coding(&self) -> Option<Value> {
        let mut coding = Object::new();
        let parts = [("system", &self.use_system), ("code", &self.use_code), ("display", &self.use_display)];
        for (name, text) in parts {
            if !text.is_empty() {
                coding.set(name, text.as_str());
            }
        }
        (!coding.is_empty()).then(|| coding.into())
    }
}
