//! Forms of products.

use super::unit::Unit;

/// A form, such as tablet or cream.
#[derive(Clone, Copy, Debug)]
pub struct Form(&'static Row);

#[derive(Debug)]
struct Row {
    name: &'static str,
    /// What a dose of it is counted in.
    unit: Option<&'static str>,
    /// What one does with it, when no route says so.
    verb: &'static str,
    words: &'static [&'static str],
}

const fn row(
    name: &'static str,
    unit: Option<&'static str>,
    verb: &'static str,
    words: &'static [&'static str],
) -> Row {
    Row { name, unit, verb, words }
}

/// Every form; its name is a word for it, too.
static FORMS: [Row; 31] = [
    row(
        "extended-release tablet",
        Some("tablet"),
        "Take",
        &["er tab", "er tabs", "er tablet", "xr tab", "xr tablet", "sr tab"],
    ),
    row(
        "extended-release capsule",
        Some("capsule"),
        "Take",
        &["er cap", "er caps", "er capsule", "xr cap", "xr capsule", "sr cap"],
    ),
    row("delayed-release tablet", Some("tablet"), "Take", &["ec tab", "ec tablet", "dr tab", "dr tablet"]),
    row("delayed-release capsule", Some("capsule"), "Take", &["dr cap", "dr capsule"]),
    row(
        "chewable tablet",
        Some("tablet"),
        "Chew",
        &["chew tab", "chew tabs", "chewable tab", "chewable tablets"],
    ),
    row("disintegrating tablet", Some("tablet"), "Dissolve", &["odt"]),
    row("tablet", Some("tablet"), "Take", &["tab", "tabs", "tablets"]),
    row("capsule", Some("capsule"), "Take", &["cap", "caps", "capsules"]),
    row("oral suspension", None, "Take", &["susp", "suspension"]),
    row("oral solution", None, "Take", &["soln", "solution", "liquid"]),
    row("syrup", None, "Take", &[]),
    row("elixir", None, "Take", &[]),
    row("cream", None, "Apply", &[]),
    row("ointment", None, "Apply", &["oint"]),
    row("gel", None, "Apply", &[]),
    row("lotion", None, "Apply", &[]),
    row("foam", None, "Apply", &[]),
    row("shampoo", None, "Apply", &[]),
    row("patch", Some("patch"), "Apply", &["patches"]),
    row("inhaler", Some("puff"), "Inhale", &["hfa", "mdi", "dpi"]),
    row("nebulizer solution", None, "Inhale", &["neb", "nebs"]),
    row("nasal spray", Some("spray"), "Use", &[]),
    row("eye drops", Some("drop"), "Instill", &["ophthalmic solution", "ophth soln"]),
    row("eye ointment", None, "Apply", &["ophthalmic ointment", "ophth oint"]),
    row("ear drops", Some("drop"), "Instill", &["otic solution", "otic soln"]),
    row("suppository", Some("suppository"), "Insert", &["supp", "suppositories"]),
    row("lozenge", Some("lozenge"), "Dissolve", &["loz", "troche"]),
    row("powder", None, "Take", &["pwd"]),
    row("film", Some("film"), "Dissolve", &["films"]),
    row("pen", None, "Inject", &[]),
    row("vial", None, "Inject", &[]),
];

impl Form {
    /// Every word and group of words for a form, with the form.
    pub fn words() -> impl Iterator<Item = (&'static str, Self)> {
        let words = |row: &'static Row| {
            std::iter::once(row.name).chain(row.words.iter().copied()).map(move |word| (word, Self(row)))
        };
        FORMS.iter().flat_map(words)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What a dose of it is counted in, where it comes in pieces.
    pub fn unit(self) -> Option<Unit> {
        Unit::named(self.0.unit?)
    }

    pub(super) fn verb(self) -> &'static str {
        self.0.verb
    }
}

impl PartialEq for Form {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Form {}
