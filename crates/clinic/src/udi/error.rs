//! Why a UDI cannot be read, and what to do about it.

/// A UDI that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {problem}")]
pub struct UdiError {
    /// Which character of the text that was given, counted from 1; one more than it has when something is missing.
    pub position: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong, in words for the person who scans or types.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Nothing was given.
    #[error("nothing was given; scan the label, or type what is printed below its bar code")]
    Empty,
    /// More than any label has.
    #[error("the text is longer than any UDI; scan one label alone")]
    TooLong,
    /// A character that no UDI has.
    #[error("`{0}` is in no UDI; type the letters and digits that are printed")]
    Character(char),
    /// No agency's UDI begins so.
    #[error("no UDI begins so; GS1's begins with (01), HIBCC's with +, ICCBBA's with =")]
    Beginning,
    /// A scanner's mark that says the code is not GS1's.
    #[error(
        "the scanner says that this code is not GS1's; scan the label's other code, or type what is printed"
    )]
    Symbology,
    /// No such identifier, delimiter or format.
    #[error("`{0}` begins nothing that is known here; compare with the label")]
    Delimiter(String),
    /// It ends too early.
    #[error("it ends too early, {missing} characters more are due; scan or type all of it")]
    CutOff {
        /// How many characters are missing.
        missing: usize,
    },
    /// Too many characters for a field.
    #[error("this field has at most {most} characters; scan again, so that the scanner separates the fields")]
    FieldTooLong {
        /// How many it may have.
        most: usize,
    },
    /// A field without content.
    #[error("nothing stands in this field; compare with the label")]
    FieldEmpty,
    /// A field of digits has something else.
    #[error("`{0}` is not a digit; compare with the label")]
    NotADigit(char),
    /// A character that the field may not have.
    #[error("`{0}` cannot stand in this field; compare with the label")]
    NotInField(char),
    /// No such day.
    #[error("`{0}` is no date; compare with the label")]
    NoDate(String),
    /// A check digit or character that does not fit.
    #[error(
        "the check character is `{found}` and would be `{expected}` if all were right; compare with the label"
    )]
    Check {
        /// What it should be.
        expected: char,
        /// What it is.
        found: char,
    },
    /// The code is right both with a blank behind it and without.
    #[error("the blank at the end may be the check character; type _ in its place, or take it away")]
    Blank,
    /// The second code of a label does not belong to the first.
    #[error("the second code belongs to another device; scan both codes of one label")]
    Link,
    /// The second code of a label alone.
    #[error("this is the second code of a label; scan the first one before it")]
    SecondaryAlone,
    /// The same field twice, with different content.
    #[error("this field was given before, and differs; scan one label alone")]
    Twice,
    /// No device identifier.
    #[error("the device identifier is missing; scan or type the part that begins with {0}, too")]
    NoDevice(&'static str),
}
