//! What an actor may want to do with resources of a type.

/// One kind of interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interaction {
    /// Make a new resource.
    Create,
    /// Read a resource, its versions and history.
    Read,
    /// Change a resource: update and patch.
    Update,
    /// Delete a resource.
    Delete,
    /// Search resources.
    Search,
    /// Run an operation that changes data.
    Operate,
    /// Take away in bulk what can be searched.
    Export,
}

/// A set of interactions.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Interactions(u8);

/// The letters of roles.tsv and of SMART scopes (SMART App Launch 2.0: `cruds`), and what they stand for.
const LETTERS: [(char, Interaction); 7] = [
    ('c', Interaction::Create),
    ('r', Interaction::Read),
    ('u', Interaction::Update),
    ('d', Interaction::Delete),
    ('s', Interaction::Search),
    ('x', Interaction::Operate),
    ('e', Interaction::Export),
];

impl Interactions {
    /// Reads letters of `crudsxe`; `None` for any other letter.
    pub fn parse(letters: &str) -> Option<Self> {
        letters.chars().try_fold(Self::default(), |set, letter| {
            let (_, interaction) = LETTERS.iter().find(|(known, _)| *known == letter)?;
            Some(set.with(*interaction))
        })
    }

    /// The set and one more.
    pub fn with(self, interaction: Interaction) -> Self {
        Self(self.0 | 1 << interaction as u8)
    }

    /// True when all of these are in the other set.
    pub fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// True when the interaction is in the set.
    pub fn contains(self, interaction: Interaction) -> bool {
        self.0 & (1 << interaction as u8) != 0
    }
}

impl Interactions {
    /// Those in the set.
    pub fn each(self) -> impl Iterator<Item = Interaction> {
        LETTERS.iter().map(|(_, one)| *one).filter(move |one| self.contains(*one))
    }
}

impl std::fmt::Debug for Interactions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        LETTERS
            .iter()
            .filter(|(_, one)| self.contains(*one))
            .try_for_each(|(letter, _)| write!(f, "{letter}"))
    }
}
