//! What is known of one code: `CodeSystem/$lookup`.

use crate::code_system::concept::Concept;
use crate::code_system::file::CodeSystemFile;
use crate::grammar::Grammar;
use crate::membership::Membership;
use crate::terminology::Terminology;

/// A concept with the code system that has it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Lookup {
    /// Name of the code system.
    pub name: String,
    /// Its version; empty when it has none.
    pub version: String,
    /// The concept.
    pub concept: Concept,
}

impl Terminology {
    /// A concept with the name and version of its code system. `None` when the system or the code is not here.
    pub fn lookup_with_system(&self, system: &str, version: Option<&str>, code: &str) -> Option<Lookup> {
        let concept = self.lookup(system, version, code)?;
        let header = self.code_system(system, version).map(|file| file.header().clone()).unwrap_or_default();
        let name = if header.name.is_empty() { header.title } else { header.name };
        Some(Lookup { name, version: header.version, concept })
    }

    /// What is known of a code, designations and properties of supplements among it. `None` when the system or
    /// the code is not here.
    pub fn lookup(&self, system: &str, version: Option<&str>, code: &str) -> Option<Concept> {
        let Some(file) = self.code_system(system, version) else {
            return written_concept(system, code);
        };
        let mut concept = file.concept(file.find(code)?);
        for supplement in self.supplements(system) {
            add_supplement(&mut concept, supplement, code);
        }
        Some(concept)
    }

    /// The display of a code in its system.
    pub fn display(&self, system: &str, version: Option<&str>, code: &str) -> Option<String> {
        let file = self.code_system(system, version)?;
        let display = file.find(code)?.display().into_owned();
        Some(display).filter(|display| !display.is_empty())
    }
}

/// A concept of a system that has codes by rules of writing: it has nothing but its code.
fn written_concept(system: &str, code: &str) -> Option<Concept> {
    let is_well_written = Grammar::of(system)?.check(code) == Membership::Yes;
    is_well_written.then(|| Concept { code: code.to_owned(), ..Concept::default() })
}

fn add_supplement(concept: &mut Concept, supplement: &CodeSystemFile, code: &str) {
    let Some(row) = supplement.find(code) else { return };
    let more = supplement.concept(row);
    concept.designations.extend(more.designations);
    concept.properties.extend(more.properties);
    if concept.display.is_empty() {
        concept.display = more.display;
    }
}
