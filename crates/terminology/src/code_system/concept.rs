//! One concept with all that is known of it.

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
