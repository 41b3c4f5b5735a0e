//! Questionnaires (FHIR: Questionnaire.item.enableWhen): what an item depends on is asked outside of it.

use crate::place::Place;
use crate::rule;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::{Element, Node};
use std::borrow::Cow;
use std::collections::HashSet;

impl<'a> Walk<'a> {
    /// The conditions of items name other questions.
    pub(super) fn questionnaire(&mut self, element: Element<'a>, place: &Place<'_>) {
        let Some(node) = element.value else { return };
        let mut links = HashSet::new();
        links_below(node, &mut links);
        self.conditions(node, &links, place);
    }

    fn conditions(&mut self, holder: Node<'a>, links: &HashSet<Cow<'a, str>>, place: &Place<'_>) {
        for (index, item) in holder.each_of("item").enumerate() {
            let place = place.child("item").item(index);
            let mut own = HashSet::new();
            if item.get("enableWhen").is_some() {
                own.extend(item.get_str("linkId"));
                links_below(item, &mut own);
            }
            for (index, when) in item.each_of("enableWhen").enumerate() {
                let question = when.get_str("question").unwrap_or_default();
                let mend = match (own.contains(&question), links.contains(&question)) {
                    (true, _) => "is this item or below it; depend on a question outside",
                    (false, false) => "is the linkId of no item; name one",
                    (false, true) => continue,
                };
                let message = format!("{} {mend}", quoted(&question));
                self.report(&place.child("enableWhen").item(index), when, rule::QUESTIONNAIRE, message);
            }
            self.conditions(item, links, &place);
        }
    }
}

fn links_below<'a>(holder: Node<'a>, links: &mut HashSet<Cow<'a, str>>) {
    for item in holder.each_of("item") {
        links.extend(item.get_str("linkId"));
        links_below(item, links);
    }
}
