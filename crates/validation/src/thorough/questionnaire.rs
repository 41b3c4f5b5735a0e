//! Questionnaires (FHIR: Questionnaire.item.enableWhen): what an item depends on is asked outside of it.

use crate::place::Place;
use crate::rule;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::{Element, Node};

impl<'a> Walk<'a> {
    /// The conditions of items name other questions.
    pub(super) fn questionnaire(&mut self, element: Element<'a>, place: &Place<'_>) {
        if let Some(node) = element.value {
            self.conditions(node, node, place);
        }
    }

    fn conditions(&mut self, questionnaire: Node<'a>, holder: Node<'a>, place: &Place<'_>) {
        for (index, item) in holder.each_of("item").enumerate() {
            let place = place.child("item").item(index);
            for (index, when) in item.each_of("enableWhen").enumerate() {
                let question = when.get_str("question").unwrap_or_default();
                let message = match () {
                    () if is_within(item, &question) => {
                        format!(
                            "{} is this item or below it; depend on a question outside",
                            quoted(&question)
                        )
                    }
                    () if !is_below(questionnaire, &question) => {
                        format!("there is no item {}; name the linkId of a question", quoted(&question))
                    }
                    () => continue,
                };
                self.report(&place.child("enableWhen").item(index), when, rule::QUESTIONNAIRE, message);
            }
            self.conditions(questionnaire, item, &place);
        }
    }
}

fn is_within(item: Node<'_>, link: &str) -> bool {
    item.get_str("linkId").is_some_and(|found| found == link) || is_below(item, link)
}

fn is_below(holder: Node<'_>, link: &str) -> bool {
    holder.each_of("item").any(|item| is_within(item, link))
}
