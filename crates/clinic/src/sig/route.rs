//! Routes of administration, with single codes of SNOMED CT for them.

/// A route, with the side of the body where it has one.
#[derive(Clone, Copy, Debug)]
pub struct Route(&'static Row);

#[derive(Debug)]
struct Row {
    name: &'static str,
    code: &'static str,
    display: &'static str,
    /// Where on the body, for those that have sides.
    site: Option<&'static str>,
    /// What one does by it; `None`: what the form says.
    verb: Option<&'static str>,
    words: &'static [&'static str],
}

const fn row(
    name: &'static str,
    (code, display): (&'static str, &'static str),
    verb: Option<&'static str>,
    words: &'static [&'static str],
) -> Row {
    Row { name, code, display, site: None, verb, words }
}

const fn sided(
    name: &'static str,
    coding: (&'static str, &'static str),
    site: &'static str,
    words: &'static [&'static str],
) -> Row {
    Row { site: Some(site), ..row(name, coding, None, words) }
}

const EYE: (&str, &str) = ("54485002", "Ophthalmic route");
const EAR: (&str, &str) = ("10547007", "Otic route");
const NOSE: (&str, &str) = ("46713006", "Nasal route");

/// Every route; its name is a word for it, too.
static ROUTES: [Row; 23] = [
    row("by mouth", ("26643006", "Oral route"), None, &["po", "orally", "per os"]),
    row(
        "under the tongue",
        ("37839007", "Sublingual route"),
        Some("Dissolve"),
        &["sl", "sublingual", "sublingually"],
    ),
    row("inside the cheek", ("54471007", "Buccal route"), Some("Dissolve"), &["buccal", "buccally"]),
    row(
        "into a muscle",
        ("78421000", "Intramuscular route"),
        Some("Inject"),
        &["im", "intramuscular", "intramuscularly"],
    ),
    row(
        "into a vein",
        ("47625008", "Intravenous route"),
        Some("Give"),
        &["iv", "intravenous", "intravenously"],
    ),
    row(
        "under the skin",
        ("34206005", "Subcutaneous route"),
        Some("Inject"),
        &["subcut", "subq", "sc", "sq", "subcutaneous", "subcutaneously"],
    ),
    row(
        "into the skin",
        ("372464004", "Intradermal route"),
        Some("Inject"),
        &["intradermal", "intradermally"],
    ),
    row("by inhalation", ("447694001", "Respiratory tract route"), Some("Inhale"), &["inh", "inhaled"]),
    row(
        "to the skin",
        ("6064005", "Topical route"),
        Some("Apply"),
        &["top", "topically", "to skin", "to affected area"],
    ),
    row(
        "through the skin",
        ("45890007", "Transdermal route"),
        Some("Apply"),
        &["transdermal", "transdermally", "td"],
    ),
    row("rectally", ("37161004", "Rectal route"), Some("Insert"), &["pr", "rectal", "per rectum"]),
    row("vaginally", ("16857009", "Per vagina"), Some("Insert"), &["pv", "vaginal", "per vagina"]),
    row(
        "by gastrostomy tube",
        ("127490009", "Gastrostomy route"),
        Some("Give"),
        &["g tube", "g-tube", "gt", "peg"],
    ),
    row("by nasogastric tube", ("127492001", "Nasogastric route"), Some("Give"), &["ng", "ng tube"]),
    sided("in each nostril", NOSE, "each nostril", &["each nostril", "in both nostrils"]),
    row("in the nose", NOSE, None, &["nasal", "nasally", "intranasal", "intranasally"]),
    sided("in the right eye", EYE, "right eye", &["right eye"]),
    sided("in the left eye", EYE, "left eye", &["left eye"]),
    sided("in both eyes", EYE, "both eyes", &["both eyes", "each eye", "in each eye"]),
    row("in the eye", EYE, None, &["ophth", "ophthalmic"]),
    sided("in the right ear", EAR, "right ear", &["right ear"]),
    sided("in the left ear", EAR, "left ear", &["left ear"]),
    sided("in both ears", EAR, "both ears", &["both ears", "each ear", "in each ear"]),
];

impl Route {
    /// Every word and group of words for a route, with the route.
    pub fn words() -> impl Iterator<Item = (&'static str, Self)> {
        let words = |row: &'static Row| {
            std::iter::once(row.name).chain(row.words.iter().copied()).map(move |word| (word, Self(row)))
        };
        ROUTES.iter().flat_map(words)
    }

    /// Its words for the patient, such as `by mouth`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Its code in SNOMED CT.
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// What SNOMED CT calls it.
    pub fn display(self) -> &'static str {
        self.0.display
    }

    /// The place on the body, where the route has one: `right eye`.
    pub fn site(self) -> Option<&'static str> {
        self.0.site
    }

    pub(super) fn verb(self) -> Option<&'static str> {
        self.0.verb
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Route {}
