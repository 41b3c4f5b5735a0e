//! ICD-10-CM: the tabular list with its hierarchy, codes with a seventh character made as the list prescribes.

use super::package::file;
use super::resource::code_system_definition;
use anyhow::{Context, Result};
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use terminology::archive::Definition;
use terminology::{CodeSystemBuilder, Designation, Header};

const TABULAR: &str = "icd10c-tabular-April-1-2026.xml";
const CODE_LIST: &str = "code-list-April-2026.txt";
const VERSION: &str = "2026-04-01";

pub(super) fn distil(shared_data: &Path) -> Result<Definition> {
    let archive = shared_data.join("icd-10-cm/icd10cm-april-2026.tar.zst");
    let tabular = String::from_utf8(file(&archive, TABULAR)?)?;
    let list = String::from_utf8(file(&archive, CODE_LIST)?)?;
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&tabular, options)?;
    let mut header = Header::new(
        "http://hl7.org/fhir/sid/icd-10-cm",
        VERSION,
        "International Classification of Diseases, 10th Revision, Clinical Modification",
    );
    header.name = "ICD10CM".to_owned();
    header.hierarchy_meaning = "is-a".to_owned();
    header.language = "en".to_owned();
    header.licence =
        "CDC/NCHS, US government work; the World Health Organization holds the copyright of ICD-10".into();
    header.declare("billable", "boolean", "");
    let mut table = Table { builder: CodeSystemBuilder::new(header), entries: HashMap::new() };
    for chapter in elements(document.root_element(), "chapter") {
        table.chapter(chapter)?;
    }
    table.extended(&list)?;
    Ok(code_system_definition(&table.builder.finish()))
}

fn elements<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

fn text<'a>(node: Node<'a, '_>, name: &'static str) -> Result<&'a str> {
    let child = elements(node, name).next().and_then(|child| child.text());
    child.map(str::trim).with_context(|| format!("<{}> without <{name}>", node.tag_name().name()))
}

/// A code of the tabular list.
struct Entry {
    display: String,
    is_billable: bool,
    /// Seventh characters with their texts, its own or those of the nearest code above.
    extensions: Vec<(String, String)>,
}

struct Table {
    builder: CodeSystemBuilder,
    /// By code without the dot.
    entries: HashMap<String, (String, Entry)>,
}

impl Table {
    /// Chapters and blocks are concepts that are not to be selected, named by the range they cover.
    fn group(&mut self, node: Node<'_, '_>, parent: Option<&str>) -> Result<String> {
        let description = text(node, "desc")?;
        let (title, range) = description.rsplit_once(" (").context("a chapter or block without its range")?;
        let code = range.trim_end_matches(')').to_owned();
        self.builder.concept_with_display(&code, title);
        self.builder.not_selectable(&code);
        if let Some(parent) = parent.filter(|parent| *parent != code) {
            self.builder.parent(&code, parent);
        }
        Ok(code)
    }

    fn chapter(&mut self, chapter: Node<'_, '_>) -> Result<()> {
        let code = self.group(chapter, None)?;
        for section in elements(chapter, "section") {
            let is_one_category = !section.attribute("id").unwrap_or_default().contains('-');
            let parent = if is_one_category { code.clone() } else { self.group(section, Some(&code))? };
            for diagnosis in elements(section, "diag") {
                self.diagnosis(diagnosis, &parent, &[])?;
            }
        }
        Ok(())
    }

    fn diagnosis(&mut self, node: Node<'_, '_>, parent: &str, inherited: &[(String, String)]) -> Result<()> {
        let (code, display) = (text(node, "name")?, text(node, "desc")?);
        self.builder.concept_with_display(code, display);
        self.builder.parent(code, parent);
        for term in elements(node, "inclusionTerm").flat_map(|list| elements(list, "note")) {
            let value = term.text().unwrap_or_default().trim().to_owned();
            self.builder
                .designation(code, &Designation { language: "en".into(), value, ..Designation::default() });
        }
        let own: Vec<(String, String)> = elements(node, "sevenChrDef")
            .flat_map(|list| elements(list, "extension"))
            .filter_map(|item| Some((item.attribute("char")?.to_owned(), item.text()?.trim().to_owned())))
            .collect();
        let extensions = if own.is_empty() { inherited.to_vec() } else { own };
        let mut is_billable = extensions.is_empty();
        for below in elements(node, "diag") {
            is_billable = false;
            self.diagnosis(below, code, &extensions)?;
        }
        let entry = Entry { display: display.to_owned(), is_billable, extensions };
        if entry.is_billable {
            self.builder.property(code, "billable", "true");
        }
        self.entries.insert(code.replace('.', ""), (code.to_owned(), entry));
        Ok(())
    }

    /// Codes that are in the list of codes only: a code of the tabular list, filled up with `X`, and a seventh
    /// character.
    fn extended(&mut self, list: &str) -> Result<()> {
        let mut seen = HashSet::new();
        for bare in list.lines().map(str::trim) {
            let is_seventh = bare.len() == 7 && !bare.contains('-');
            if !is_seventh || self.entries.contains_key(bare) || !seen.insert(bare) {
                continue;
            }
            let (stem, character) = bare.split_at(6);
            let (parent, entry) = self
                .entries
                .get(stem)
                .or_else(|| self.entries.get(stem.trim_end_matches('X')))
                .with_context(|| format!("{bare} extends no code of the tabular list"))?;
            let meaning =
                entry.extensions.iter().find(|(known, _)| known == character).with_context(|| {
                    format!("{bare} has a seventh character that {parent} does not define")
                })?;
            let code = format!("{}.{}", &bare[..3], &bare[3..]);
            self.builder.concept_with_display(&code, &format!("{}, {}", entry.display, meaning.1));
            self.builder.parent(&code, parent);
            self.builder.property(&code, "billable", "true");
        }
        Ok(())
    }
}
