//! Units of doses, strengths and quantities, with the words for them.

/// A unit: of mass, of volume, or of pieces of a form.
#[derive(Clone, Copy, Debug)]
pub struct Unit(&'static Row);

#[derive(Debug)]
struct Row {
    one: &'static str,
    many: &'static str,
    /// Its code in UCUM, where it has one.
    ucum: Option<&'static str>,
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Mass,
    Volume,
    Piece,
    /// Of a whole: a strength, never a dose.
    Share,
}

const fn mass(name: &'static str, ucum: &'static str) -> Row {
    Row { one: name, many: name, ucum: Some(ucum), kind: Kind::Mass }
}

const fn piece(one: &'static str, many: &'static str) -> Row {
    Row { one, many, ucum: None, kind: Kind::Piece }
}

static UNITS: [Row; 26] = [
    mass("mg", "mg"),
    mass("mcg", "ug"),
    mass("g", "g"),
    mass("mEq", "meq"),
    mass("mmol", "mmol"),
    Row { one: "unit", many: "units", ucum: Some("[iU]"), kind: Kind::Mass },
    Row { one: "mL", many: "mL", ucum: Some("mL"), kind: Kind::Volume },
    Row { one: "%", many: "%", ucum: Some("%"), kind: Kind::Share },
    piece("tablet", "tablets"),
    piece("capsule", "capsules"),
    piece("puff", "puffs"),
    piece("spray", "sprays"),
    Row { one: "drop", many: "drops", ucum: Some("[drp]"), kind: Kind::Volume },
    piece("patch", "patches"),
    piece("suppository", "suppositories"),
    piece("lozenge", "lozenges"),
    piece("packet", "packets"),
    piece("application", "applications"),
    piece("applicatorful", "applicatorfuls"),
    piece("ampule", "ampules"),
    piece("vial", "vials"),
    piece("film", "films"),
    piece("pen", "pens"),
    piece("tube", "tubes"),
    piece("bottle", "bottles"),
    piece("inhaler", "inhalers"),
];

/// Other words than a unit's name, and how many of the unit each is.
const WORDS: [(&str, &str, u32); 53] = [
    ("milligram", "mg", 1),
    ("milligrams", "mg", 1),
    ("mgs", "mg", 1),
    ("microgram", "mcg", 1),
    ("micrograms", "mcg", 1),
    ("ug", "mcg", 1),
    ("\u{b5}g", "mcg", 1),
    ("\u{3bc}g", "mcg", 1),
    ("gram", "g", 1),
    ("grams", "g", 1),
    ("gm", "g", 1),
    ("gms", "g", 1),
    ("milliequivalents", "meq", 1),
    ("u", "unit", 1),
    ("iu", "unit", 1),
    ("milliliter", "ml", 1),
    ("milliliters", "ml", 1),
    ("mls", "ml", 1),
    ("cc", "ml", 1),
    ("tsp", "ml", 5),
    ("teaspoon", "ml", 5),
    ("teaspoons", "ml", 5),
    ("tbsp", "ml", 15),
    ("tablespoon", "ml", 15),
    ("tablespoons", "ml", 15),
    ("percent", "%", 1),
    ("tab", "tablet", 1),
    ("tabs", "tablet", 1),
    ("pill", "tablet", 1),
    ("pills", "tablet", 1),
    ("cap", "capsule", 1),
    ("caps", "capsule", 1),
    ("inhalation", "puff", 1),
    ("inhalations", "puff", 1),
    ("actuation", "puff", 1),
    ("act", "puff", 1),
    ("squirt", "spray", 1),
    ("squirts", "spray", 1),
    ("gtt", "drop", 1),
    ("gtts", "drop", 1),
    ("supp", "suppository", 1),
    ("supps", "suppository", 1),
    ("loz", "lozenge", 1),
    ("troche", "lozenge", 1),
    ("troches", "lozenge", 1),
    ("pkt", "packet", 1),
    ("pkts", "packet", 1),
    ("sachet", "packet", 1),
    ("sachets", "packet", 1),
    ("app", "application", 1),
    ("amp", "ampule", 1),
    ("amps", "ampule", 1),
    ("ampoule", "ampule", 1),
];

impl Unit {
    /// The unit of a word, in small letters, and how many of the unit the word is: a teaspoon is 5 mL.
    pub fn of_word(word: &str) -> Option<(Self, u32)> {
        let (name, factor) = WORDS
            .iter()
            .find(|(other, ..)| *other == word)
            .map_or((word, 1), |(_, name, factor)| (*name, *factor));
        let is_named =
            |row: &&'static Row| row.one.eq_ignore_ascii_case(name) || row.many.eq_ignore_ascii_case(name);
        UNITS.iter().find(is_named).map(|row| (Self(row), factor))
    }

    /// The unit of a name, such as `mg`.
    pub fn named(name: &str) -> Option<Self> {
        UNITS.iter().find(|row| row.one == name).map(Self)
    }

    /// Its name, for one or for another amount.
    pub fn name(self, is_one: bool) -> &'static str {
        if is_one { self.0.one } else { self.0.many }
    }

    /// Its code in UCUM (<https://ucum.org>), where it has one.
    pub fn ucum(self) -> Option<&'static str> {
        self.0.ucum
    }

    /// Whether it counts pieces of a form.
    pub fn is_piece(self) -> bool {
        self.0.kind == Kind::Piece
    }

    /// Whether a strength may be given in it.
    pub fn is_of_strength(self) -> bool {
        matches!(self.0.kind, Kind::Mass | Kind::Share)
    }

    /// Whether it is a share of a whole, of which nobody takes an amount.
    pub fn is_share(self) -> bool {
        self.0.kind == Kind::Share
    }
}

impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        self.0.one == other.0.one
    }
}

impl Eq for Unit {}
