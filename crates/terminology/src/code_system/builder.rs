//! Gathers what is said of concepts in any order and writes the sorted file.

use super::concept::Designation;
use super::escape::{key, push_escaped, push_field};
use super::file::{CodeSystemFile, MAGIC};
use super::header::Header;
use super::row::{field, flag};
use std::io::Write;

/// Collects facts about concepts, several files of a source after each other, in bounded memory: every fact is
/// kept once, as the bytes it has in the file.
pub struct CodeSystemBuilder {
    /// The system as a whole; may be changed until [`CodeSystemBuilder::finish`].
    pub header: Header,
    /// True (the default) to keep the order in which concepts were said to exist; false to order by code, for
    /// systems whose order means nothing.
    pub keeps_order: bool,
    arena: Vec<u8>,
    facts: Vec<Fact>,
    concepts: u32,
}

/// One thing said of one concept.
#[derive(Clone, Copy)]
struct Fact {
    start: usize,
    key_length: u32,
    length: u32,
    order: u8,
    /// Position of a concept in the definition; for other facts the number of the fact.
    ordinal: u32,
}

/// Order in which facts about a concept are written.
mod order {
    pub const CONCEPT: u8 = 0;
    pub const PREFERRED_DISPLAY: u8 = 1;
    pub const DISPLAY: u8 = 2;
    pub const CODE: u8 = 3;
    pub const FLAG: u8 = 4;
    pub const PARENT: u8 = 5;
    pub const PROPERTY: u8 = 6;
    pub const DESIGNATION: u8 = 7;
    pub const DEFINITION: u8 = 8;
}

impl CodeSystemBuilder {
    /// Starts a system.
    pub fn new(header: Header) -> Self {
        Self { header, keeps_order: true, arena: Vec::new(), facts: Vec::new(), concepts: 0 }
    }

    fn push(&mut self, code: &str, order: u8, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.arena.len();
        let key = key(code, self.header.case_sensitive);
        self.arena.extend_from_slice(&key);
        let value_start = self.arena.len();
        write(&mut self.arena);
        let (Ok(key_length), Ok(length), Ok(ordinal)) = (
            u32::try_from(key.len()),
            u32::try_from(self.arena.len() - value_start),
            u32::try_from(self.facts.len()),
        ) else {
            self.arena.truncate(start);
            return;
        };
        self.facts.push(Fact { start, key_length, length, order, ordinal });
    }

    /// Says that a code exists. What is said of codes that do not exist is dropped.
    pub fn concept(&mut self, code: &str) {
        if code.is_empty() {
            return;
        }
        self.push(code, order::CONCEPT, |_| ());
        if let Some(fact) = self.facts.last_mut() {
            fact.ordinal = self.concepts;
            self.concepts += 1;
        }
        if !self.header.case_sensitive && code != code.to_lowercase() {
            self.field(code, order::CODE, field::CODE, code);
        }
    }

    fn field(&mut self, code: &str, order: u8, kind: u8, text: &str) {
        self.push(code, order, |out| {
            out.push(kind);
            push_field(out, text);
        });
    }

    /// A code with its display.
    pub fn concept_with_display(&mut self, code: &str, display: &str) {
        self.concept(code);
        self.display(code, display);
    }

    /// A display. The first one said is taken unless there is a preferred one.
    pub fn display(&mut self, code: &str, display: &str) {
        if !display.is_empty() {
            self.push(code, order::DISPLAY, |out| push_field(out, display));
        }
    }

    /// The display to take before all others.
    pub fn preferred_display(&mut self, code: &str, display: &str) {
        if !display.is_empty() {
            self.push(code, order::PREFERRED_DISPLAY, |out| push_field(out, display));
        }
    }

    /// Says that a concept is out of use.
    pub fn inactive(&mut self, code: &str) {
        self.push(code, order::FLAG, |out| out.extend_from_slice(&[field::FLAG, flag::INACTIVE]));
    }

    /// Says that a concept only groups others.
    pub fn not_selectable(&mut self, code: &str) {
        self.push(code, order::FLAG, |out| out.extend_from_slice(&[field::FLAG, flag::NOT_SELECTABLE]));
    }

    /// Says that `parent` is directly above `code`.
    pub fn parent(&mut self, code: &str, parent: &str) {
        let parent = key(parent, self.header.case_sensitive);
        self.push(code, order::PARENT, |out| {
            out.push(field::PARENT);
            out.extend_from_slice(&parent);
        });
    }

    /// Gives a concept a property. Declare it in the header to give it a type.
    pub fn property(&mut self, code: &str, name: &str, value: &str) {
        self.push(code, order::PROPERTY, |out| {
            out.push(field::PROPERTY);
            push_escaped(out, name);
            out.push(b'=');
            push_field(out, value);
        });
    }

    /// Gives a concept another display.
    pub fn designation(&mut self, code: &str, designation: &Designation) {
        self.push(code, order::DESIGNATION, |out| {
            out.push(field::DESIGNATION);
            for part in [
                &designation.language,
                &designation.use_system,
                &designation.use_code,
                &designation.use_display,
            ] {
                push_escaped(out, part);
                out.push(b'|');
            }
            push_field(out, &designation.value);
        });
    }

    /// Gives a concept its definition.
    pub fn definition(&mut self, code: &str, text: &str) {
        self.field(code, order::DEFINITION, field::DEFINITION, text);
    }

    fn key_of(&self, fact: &Fact) -> &[u8] {
        &self.arena[fact.start..fact.start + fact.key_length as usize]
    }

    fn value_of(&self, fact: &Fact) -> &[u8] {
        let start = fact.start + fact.key_length as usize;
        &self.arena[start..start + fact.length as usize]
    }

    /// Sorts what was gathered and writes the file.
    pub fn finish(mut self) -> CodeSystemFile {
        let mut facts = std::mem::take(&mut self.facts);
        facts.sort_unstable_by(|a, b| {
            let (left, right) = (self.key_of(a), self.key_of(b));
            left.cmp(right).then(a.order.cmp(&b.order)).then(a.ordinal.cmp(&b.ordinal))
        });
        let groups: Vec<&[Fact]> = facts
            .chunk_by(|a, b| self.key_of(a) == self.key_of(b))
            .filter(|group| group[0].order == order::CONCEPT)
            .collect();
        let in_order = !self.keeps_order || groups.is_sorted_by_key(|group| group[0].ordinal);
        let mut concepts = Vec::new();
        for group in &groups {
            self.write_concept(&mut concepts, group, in_order);
        }
        let (parents, children) = self.write_children(&groups);
        let bytes = self.assemble((groups.len(), &concepts), (parents, &children));
        CodeSystemFile::from_vec(bytes).expect("a file written here is well formed")
    }

    fn write_concept(&self, out: &mut Vec<u8>, group: &[Fact], in_order: bool) {
        out.extend_from_slice(self.key_of(&group[0]));
        out.push(b'\t');
        let is_display = |fact: &&Fact| matches!(fact.order, order::PREFERRED_DISPLAY | order::DISPLAY);
        if let Some(display) = group.iter().find(is_display) {
            out.extend_from_slice(self.value_of(display));
        }
        if !in_order {
            write!(out, "\t{}{}", field::ORDINAL as char, group[0].ordinal).expect("writing to a vector");
        }
        let mut last: &[u8] = &[];
        for fact in group.iter().filter(|fact| fact.order > order::DISPLAY) {
            let value = self.value_of(fact);
            if value != last {
                out.push(b'\t');
                out.extend_from_slice(value);
            }
            last = value;
        }
        out.push(b'\n');
    }

    /// The lines of the children: for each parent that exists, its children in the order of the definition.
    fn write_children(&self, groups: &[&[Fact]]) -> (usize, Vec<u8>) {
        let mut pairs: Vec<(&[u8], u32, &[u8])> = Vec::new();
        for group in groups {
            for fact in group.iter().filter(|fact| fact.order == order::PARENT) {
                pairs.push((&self.value_of(fact)[1..], group[0].ordinal, self.key_of(fact)));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let (mut out, mut count, mut at) = (Vec::new(), 0, 0);
        for family in pairs.chunk_by(|a, b| a.0 == b.0) {
            let parent = family[0].0;
            while groups.get(at).is_some_and(|group| self.key_of(&group[0]) < parent) {
                at += 1;
            }
            if groups.get(at).is_none_or(|group| self.key_of(&group[0]) != parent) {
                continue;
            }
            count += 1;
            out.extend_from_slice(parent);
            for (_, _, child) in family {
                out.push(b'\t');
                out.extend_from_slice(child);
            }
            out.push(b'\n');
        }
        (count, out)
    }

    fn assemble(&self, concepts: (usize, &[u8]), children: (usize, &[u8])) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(concepts.1.len() + children.1.len() + 1024);
        bytes.extend_from_slice(MAGIC.as_bytes());
        bytes.push(b'\n');
        self.header.write(&mut bytes);
        for (name, (count, section)) in [("concepts", concepts), ("children", children)] {
            writeln!(bytes, "{name}\t{count}\t{}", section.len()).expect("writing to a vector");
        }
        bytes.push(b'\n');
        bytes.extend_from_slice(concepts.1);
        bytes.extend_from_slice(children.1);
        bytes
    }
}
