//! Whether a code belongs, when not everything is known.

/// Whether a code is in a value set or code system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// The content that would tell is not here.
    Unknown,
}

impl Membership {
    /// `Yes` for true, `No` for false.
    pub(crate) fn from_bool(is_member: bool) -> Self {
        if is_member { Self::Yes } else { Self::No }
    }

    /// Both must hold.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    /// One must hold.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Unknown,
        }
    }

    /// The opposite.
    pub(crate) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}
