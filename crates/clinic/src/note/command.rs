//! The commands of a note: what each is called, how it is taught, and how it is read.

use crate::note::medication::{self, Prescription, Renewal, Stop};
use crate::note::order::{self, Order, OrderKind};
use crate::vital_signs::{self, Measurement};

/// A command.
pub struct Command {
    /// What it is typed as, without the slash; the first is the one that is taught.
    pub words: &'static [&'static str],
    /// What it does.
    pub title: &'static str,
    /// One that could be typed, whole.
    pub example: &'static str,
    /// Reads what stands behind the word; or says what to do about it.
    pub read: fn(&str) -> Result<Entry, String>,
}

/// All commands, in the order in which they are taught.
pub const COMMANDS: &[Command] = &[
    Command {
        words: &["dx", "problem"],
        title: "problem or diagnosis",
        example: "/dx Essential (primary) hypertension [I10]",
        read: problem,
    },
    Command {
        words: &["rx", "med"],
        title: "medication",
        example: "/rx amoxicillin 500 mg tid 10d #30 r0",
        read: medication::prescription,
    },
    Command {
        words: &["renew"],
        title: "medication that goes on",
        example: "/renew lisinopril",
        read: medication::renewal,
    },
    Command {
        words: &["stop"],
        title: "medication that ends",
        example: "/stop lisinopril; cough",
        read: medication::stop,
    },
    Command {
        words: &["lab"],
        title: "laboratory tests",
        example: "/lab a1c, lipids; in 3 months",
        read: |text| order::read(OrderKind::Laboratory, text),
    },
    Command {
        words: &["img", "imaging"],
        title: "imaging",
        example: "/img chest x-ray; two views",
        read: |text| order::read(OrderKind::Imaging, text),
    },
    Command {
        words: &["ref", "refer"],
        title: "referral",
        example: "/ref ophthalmology; diabetic eye exam",
        read: |text| order::read(OrderKind::Referral, text),
    },
    Command {
        words: &["proc"],
        title: "procedure",
        example: "/proc ear irrigation, left; today",
        read: |text| order::read(OrderKind::Procedure, text),
    },
    Command {
        words: &["rtc", "return"],
        title: "come again",
        example: "/rtc 3 months; blood pressure",
        read: order::read_return,
    },
    Command {
        words: &["vit", "vitals"],
        title: "vital signs",
        example: "/vit bp 128/82 p 72 t 36.8 w 84.2 kg",
        read: measured,
    },
    Command {
        words: &["all", "allergy"],
        title: "allergy",
        example: "/all penicillin; hives; severe",
        read: allergy,
    },
];

/// What a command says.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A problem that the visit is about.
    Problem(Problem),
    /// A medication that is ordered.
    Prescription(Box<Prescription>),
    /// A medication that goes on.
    Renewal(Renewal),
    /// A medication that ends.
    Stop(Stop),
    /// Something that is to be done.
    Order(Order),
    /// What was measured.
    VitalSigns(Vec<Measurement>),
    /// What the patient must not be given.
    Allergy(Allergy),
    /// That there is nothing known that the patient must not be given.
    NoKnownAllergies,
}

/// A problem or diagnosis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// In words.
    pub name: String,
    /// The code of ICD-10-CM; `None`: it is known by its words alone.
    pub code: Option<String>,
}

/// An allergy or intolerance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allergy {
    /// To what.
    pub substance: String,
    /// What happens; empty when that is not said.
    pub reaction: String,
    /// How bad.
    pub severity: Option<Severity>,
}

/// How bad a reaction was (FHIR `reaction-event-severity`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It was a nuisance.
    Mild,
    /// It was more.
    Moderate,
    /// It was dangerous.
    Severe,
}

/// Severities by their words.
pub const SEVERITIES: [(&str, Severity); 3] =
    [("mild", Severity::Mild), ("moderate", Severity::Moderate), ("severe", Severity::Severe)];

impl Severity {
    /// Its code, which is its word.
    pub fn code(self) -> &'static str {
        SEVERITIES[self as usize].0
    }
}

/// What says that there are no allergies.
const NONE: [&str; 6] = ["none", "no", "nka", "nkda", "no known", "no known allergies"];

fn problem(text: &str) -> Result<Entry, String> {
    let (name, code) = match text.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
        Some((name, code)) => (name.trim(), Some(code.trim().to_uppercase())),
        None => (text, None),
    };
    if name.is_empty() {
        return Err("write the problem behind /dx, such as /dx hypertension".to_owned());
    }
    if code.as_deref().is_some_and(|code| !is_diagnosis_code(code)) {
        return Err(
            "what stands in brackets is no code of ICD-10-CM, such as [E11.9]; leave it out if there is none"
                .to_owned(),
        );
    }
    Ok(Entry::Problem(Problem { name: name.to_owned(), code }))
}

/// The form of a code of ICD-10-CM: a letter, a digit, a letter or digit; behind a dot up to four more.
fn is_diagnosis_code(code: &str) -> bool {
    let (category, rest) = code.split_once('.').unwrap_or((code, "0"));
    let mut category = category.chars();
    let begins = category.next().is_some_and(|one| one.is_ascii_uppercase())
        && category.next().is_some_and(|one| one.is_ascii_digit())
        && category.next().is_some_and(|one| one.is_ascii_alphanumeric())
        && category.next().is_none();
    begins && (1..=4).contains(&rest.len()) && rest.chars().all(|one| one.is_ascii_alphanumeric())
}

fn measured(text: &str) -> Result<Entry, String> {
    vital_signs::read(text).map(Entry::VitalSigns).map_err(|slip| slip.message)
}

fn allergy(text: &str) -> Result<Entry, String> {
    if NONE.contains(&text.to_lowercase().as_str()) {
        return Ok(Entry::NoKnownAllergies);
    }
    let mut parts = text.split(';').map(str::trim);
    let substance = parts.next().unwrap_or_default();
    if substance.is_empty() {
        return Err("write to what, such as /all penicillin; hives; severe, or /all none".to_owned());
    }
    let mut allergy = Allergy { substance: substance.to_owned(), reaction: String::new(), severity: None };
    for part in parts.filter(|part| !part.is_empty()) {
        let severity = SEVERITIES.iter().find(|(word, _)| part.eq_ignore_ascii_case(word));
        match severity {
            Some((_, severity)) if allergy.severity.is_none() => allergy.severity = Some(*severity),
            None if allergy.reaction.is_empty() => part.clone_into(&mut allergy.reaction),
            _ => return Err(format!("'{part}' is one part too many; write substance; reaction; severity")),
        }
    }
    Ok(Entry::Allergy(allergy))
}

impl Entry {
    /// What it says, as it stands in the signed note.
    pub fn text(&self) -> String {
        match self {
            Self::Problem(Problem { name, code: Some(code) }) => format!("* {name} ({code})"),
            Self::Problem(Problem { name, code: None }) => format!("* {name}"),
            Self::Prescription(prescription) => format!("Prescription: {}", prescription.sig.line_text()),
            Self::Renewal(renewal) => format!("Renewed: {}", renewal.words),
            Self::Stop(Stop { words, reason }) if reason.is_empty() => format!("Stopped: {words}"),
            Self::Stop(Stop { words, reason }) => format!("Stopped: {words} ({reason})"),
            Self::Order(order) => order.text(),
            Self::VitalSigns(measured) => {
                let signs = measured.iter().map(|one| format!("{} {}", one.sign.name, one.text()));
                let index = vital_signs::body_mass_index(measured).map(|(_, text)| format!("BMI {text}"));
                signs.chain(index).collect::<Vec<_>>().join(", ")
            }
            Self::Allergy(allergy) => format!("Allergy: {}", allergy.text()),
            Self::NoKnownAllergies => "No known allergies".to_owned(),
        }
    }

    /// Whether it is done for the problem that it stands below.
    pub fn is_for_problem(&self) -> bool {
        matches!(self, Self::Prescription(_) | Self::Renewal(_) | Self::Stop(_) | Self::Order(_))
    }

    /// What was rewritten in it, or should be looked at.
    pub fn notices(&self) -> &[String] {
        match self {
            Self::Prescription(prescription) => &prescription.notices,
            _ => &[],
        }
    }

    /// What kind of thing it is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Problem(_) => "Problem",
            Self::Prescription(_) => "Prescription",
            Self::Renewal(_) => "Renewed",
            Self::Stop(_) => "Stopped",
            Self::Order(order) => order.kind.name(),
            Self::VitalSigns(_) => "Vital signs",
            Self::Allergy(_) | Self::NoKnownAllergies => "Allergy",
        }
    }
}

impl Allergy {
    /// The allergy in words.
    pub fn text(&self) -> String {
        let severity = self.severity.map(Severity::code).unwrap_or_default();
        let parts = [self.substance.as_str(), self.reaction.as_str(), severity];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}
