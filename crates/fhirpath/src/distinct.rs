//! A collection without equal items.

use crate::collection::Collection;
use crate::evaluate::{Evaluator, Result};
use crate::item::{Item, SystemType};
use std::borrow::Cow;
use std::collections::HashSet;

/// Above so many texts they are looked up by hash: references and codes of a whole Bundle come together here.
const HASHED_ABOVE: usize = 16;

/// Items, each kept once: a text equals texts only, so texts and other items are looked for apart.
#[derive(Default)]
pub(crate) struct Distinct<'a> {
    items: Collection<'a>,
    texts: Vec<Cow<'a, str>>,
    hashed: HashSet<Cow<'a, str>>,
    /// What is no text.
    others: Vec<Item<'a>>,
}

impl<'a> Distinct<'a> {
    /// Adds an item unless an equal one is there; says whether it was new.
    pub fn add(&mut self, evaluator: &Evaluator<'_, 'a>, item: Item<'a>) -> Result<bool> {
        let is_new = match text(&item) {
            Some(text) => self.add_text(evaluator, text)?,
            None => {
                evaluator.spend(self.others.len() as u64)?;
                let is_new = !evaluator.contains(&self.others, &item);
                if is_new {
                    self.others.push(item.clone());
                }
                is_new
            }
        };
        if is_new {
            self.items.push(item);
        }
        Ok(is_new)
    }

    fn add_text(&mut self, evaluator: &Evaluator<'_, 'a>, text: Cow<'a, str>) -> Result<bool> {
        if self.texts.len() <= HASHED_ABOVE {
            evaluator.spend(self.texts.len() as u64)?;
            let is_new = !self.texts.contains(&text);
            if is_new {
                self.texts.push(text);
            }
            return Ok(is_new);
        }
        evaluator.spend(1)?;
        if self.hashed.is_empty() {
            self.hashed.extend(self.texts.iter().cloned());
        }
        Ok(self.hashed.insert(text))
    }

    /// The items so far.
    pub fn as_slice(&self) -> &[Item<'a>] {
        self.items.as_slice()
    }

    /// The items.
    pub fn into_collection(self) -> Collection<'a> {
        self.items
    }
}

fn text<'a>(item: &Item<'a>) -> Option<Cow<'a, str>> {
    match item {
        Item::String(text) => Some(text.clone()),
        Item::Element(element) if SystemType::of_fhir(element.type_id) == Some(SystemType::String) => {
            element.scalar()
        }
        _ => None,
    }
}
