//! Laboratory tests by what people call them.

use std::sync::LazyLock;

/// A test that can be ordered by name.
#[derive(Debug, PartialEq, Eq)]
pub struct LaboratoryTest {
    /// What it is called.
    pub name: &'static str,
    /// Other words for it.
    words: Vec<&'static str>,
    /// LOINC code (LOINC, loinc.org, is copyright Regenstrief Institute, Inc.).
    pub loinc: &'static str,
    /// Its name there.
    pub display: &'static str,
}

/// Those that are known.
static TESTS: LazyLock<Vec<LaboratoryTest>> = LazyLock::new(|| {
    let lines = include_str!("../../../../data/clinic/laboratory_tests.tsv").lines();
    let rows = lines.filter(|line| !line.starts_with('#')).map(|line| {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().expect("a row has four cells");
        let (name, words, loinc, display) = (cell(), cell(), cell(), cell());
        LaboratoryTest { name, words: words.split(' ').collect(), loinc, display }
    });
    rows.collect()
});

/// The test that a text names exactly.
pub fn named(text: &str) -> Option<&'static LaboratoryTest> {
    let text = text.trim().to_lowercase();
    TESTS.iter().find(|test| test.name.to_lowercase() == text || test.words.contains(&text.as_str()))
}

/// Those of whose name or words one begins with a text.
pub fn beginning_with(text: &str) -> impl Iterator<Item = &'static LaboratoryTest> {
    let text = text.trim().to_lowercase();
    TESTS.iter().filter(move |test| {
        let name = test.name.to_lowercase();
        name.split([' ', '/']).chain(test.words.iter().copied()).any(|word| word.starts_with(&text))
            || name.starts_with(&text)
    })
}
