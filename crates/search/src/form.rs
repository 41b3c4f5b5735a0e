//! What sort of value stands where a parameter's path ends, as far as search tells them apart.

use fhir::schema::{TypeId, schema};

/// The data types that search has rules for (R4 search §3.1.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Boolean,
    /// A `code`; its system is that of the bound value set.
    Code,
    /// `string`, `markdown`, `id` and whatever else is text.
    Text,
    /// `uri`, `url`, `oid`, `uuid`.
    Uri,
    Canonical,
    Integer,
    Decimal,
    /// `date`, `dateTime`, `instant`.
    Date,
    Period,
    Timing,
    Coding,
    CodeableConcept,
    Identifier,
    ContactPoint,
    HumanName,
    Address,
    Reference,
    /// `Quantity` and its kinds.
    Quantity,
    Money,
    Range,
    SampledData,
    /// A whole resource in another, as in `Bundle.entry[0].resource`.
    Resource,
    /// The answer of an expression that is a condition.
    Answer(bool),
    /// Anything else: it has no value to search by, but it is there or missing.
    Other,
}

/// Types by name; what is missing here is found by what it specialises.
const FORMS: [(&str, Form); 27] = [
    ("boolean", Form::Boolean),
    ("code", Form::Code),
    ("canonical", Form::Canonical),
    ("uri", Form::Uri),
    ("string", Form::Text),
    ("integer", Form::Integer),
    ("decimal", Form::Decimal),
    ("date", Form::Date),
    ("dateTime", Form::Date),
    ("instant", Form::Date),
    ("Period", Form::Period),
    ("Timing", Form::Timing),
    ("Coding", Form::Coding),
    ("CodeableConcept", Form::CodeableConcept),
    ("Identifier", Form::Identifier),
    ("ContactPoint", Form::ContactPoint),
    ("HumanName", Form::HumanName),
    ("Address", Form::Address),
    ("Reference", Form::Reference),
    ("Quantity", Form::Quantity),
    ("SimpleQuantity", Form::Quantity),
    ("MoneyQuantity", Form::Quantity),
    ("Money", Form::Money),
    ("Range", Form::Range),
    ("SampledData", Form::SampledData),
    ("Resource", Form::Resource),
    ("xhtml", Form::Other),
];

impl Form {
    /// The form of a type's values.
    pub(crate) fn of(type_id: TypeId) -> Self {
        for ancestor in type_id.lineage() {
            if let Some((_, form)) = FORMS.iter().find(|(name, _)| *name == ancestor.name()) {
                return *form;
            }
        }
        Self::Other
    }

    /// The type of a name as expressions write it: `DateTime` stands for `dateTime`.
    pub(crate) fn type_named(name: &str) -> Option<TypeId> {
        let lower = || {
            let mut characters = name.chars();
            let first = characters.next()?.to_ascii_lowercase();
            Some(format!("{first}{}", characters.as_str()))
        };
        schema().type_named(name).or_else(|| schema().type_named(&lower()?))
    }
}
