//! A QuestionnaireResponse against its Questionnaire (FHIR: QuestionnaireResponse, section 2.37.5): items where the
//! questionnaire has them, answers of the right type, as often and within the bounds that it states.

mod answer;
mod enabled;

use crate::place::Place;
use crate::rule;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::{Document, Element};

/// What the questionnaire extensions of the release are named after.
const EXTENSIONS: &str = "http://hl7.org/fhir/StructureDefinition/";

/// States of a response in which questions may still be open.
const UNFINISHED: [&str; 3] = ["in-progress", "stopped", "entered-in-error"];

/// A response under validation.
struct Response<'r> {
    root: Element<'r>,
    is_finished: bool,
}

impl<'a> Walk<'a> {
    /// Holds a response against its questionnaire, when that is contained or known to the caller.
    pub(crate) fn questionnaire_response(&mut self, response: Element<'a>, place: &Place<'_>) {
        let Some(canonical) = text(response, "questionnaire") else { return };
        let contained = canonical.strip_prefix('#').and_then(|id| {
            let mut contained = response.value?.each_of("contained");
            contained
                .find(|node| node.get_str("id").is_some_and(|found| found == id))
                .map(Document::from_node)
        });
        let found = contained.or_else(|| self.ports.definition("Questionnaire", &canonical));
        let Some(questionnaire) = found.as_ref().and_then(Element::resource) else { return };
        if questionnaire.type_name() != "Questionnaire" {
            return;
        }
        let status = text(response, "status");
        let is_finished = !UNFINISHED.contains(&status.as_deref().unwrap_or_default());
        self.items(questionnaire, response, &Response { root: response, is_finished }, place);
    }

    /// The items below a response, an item or an answer, against the questions below theirs.
    fn items(&mut self, asked: Element<'_>, holder: Element<'a>, response: &Response<'a>, place: &Place<'_>) {
        let questions: Vec<_> = asked.children_named("item").collect();
        let items: Vec<_> = holder.children_named("item").enumerate().collect();
        let mut last = 0;
        for (index, item) in &items {
            let link = text(*item, "linkId").unwrap_or_default();
            let place = place.child("item").item(*index);
            match questions.iter().position(|question| text(*question, "linkId").as_deref() == Some(&link)) {
                None => {
                    let message =
                        format!("the questionnaire has no item {} here; mend the linkId", quoted(&link));
                    self.say(*item, rule::QUESTIONNAIRE, &message, &place);
                }
                Some(at) => {
                    if at < last {
                        let message =
                            "stands before an item that the questionnaire has earlier; mend the order";
                        self.say(*item, rule::QUESTIONNAIRE, message, &place);
                    }
                    last = last.max(at);
                    self.item_of(questions[at], *item, response, &place);
                }
            }
        }
        for question in questions {
            let link = text(question, "linkId").unwrap_or_default();
            let of_question =
                items.iter().filter(|(_, item)| text(*item, "linkId").as_deref() == Some(&link));
            let of_question: Vec<_> = of_question.map(|(_, item)| *item).collect();
            self.item_count(question, &of_question, holder, response, place);
        }
    }

    fn item_of(
        &mut self,
        question: Element<'_>,
        item: Element<'a>,
        response: &Response<'a>,
        place: &Place<'_>,
    ) {
        let kind = text(question, "type").unwrap_or_default();
        let answers: Vec<_> = item.children_named("answer").collect();
        if !enabled::is_enabled(question, response.root) {
            if !answers.is_empty() || item.child("item").is_some() {
                let message = "is filled in although the answers before it do not ask for it; remove it";
                self.say(item, rule::QUESTIONNAIRE, message, place);
            }
            return;
        }
        let is_required = text(question, "required").as_deref() == Some("true");
        if kind == "group" && is_required && response.is_finished && item.child("item").is_none() {
            self.say(item, rule::QUESTIONNAIRE, "is a required group without items; fill it in", place);
        }
        if matches!(&*kind, "group" | "display" | "question") {
            if !answers.is_empty() {
                let message = format!("an item of type {kind} takes no answer; remove it");
                self.say(item, rule::QUESTIONNAIRE, &message, place);
            }
            return self.items(question, item, response, place);
        }
        if item.child("item").is_some() {
            let message = "items below a question belong into its answer; move them";
            self.say(item, rule::QUESTIONNAIRE, message, place);
        }
        for (index, one) in answers.iter().enumerate() {
            let place = place.child("answer").item(index);
            self.answer(question, &kind, *one, answers.len(), &place);
            self.items(question, *one, response, &place);
        }
    }

    /// As many items and answers as the question asks for.
    fn item_count(
        &mut self,
        question: Element<'_>,
        items: &[Element<'a>],
        holder: Element<'a>,
        response: &Response<'a>,
        place: &Place<'_>,
    ) {
        let kind = text(question, "type").unwrap_or_default();
        let link = quoted(&text(question, "linkId").unwrap_or_default());
        let repeats = text(question, "repeats").as_deref() == Some("true");
        let is_question = !matches!(&*kind, "group" | "display");
        let answers: usize = match is_question {
            true => items.iter().map(|item| item.children_named("answer").count()).sum(),
            false => items.len(),
        };
        let at = items.first().copied().unwrap_or(holder);
        if !enabled::is_enabled(question, response.root) {
            return;
        }
        let bound = |name: &str| text_of(answer::extension(question, name)?)?.parse::<usize>().ok();
        let least = bound("questionnaire-minOccurs").unwrap_or(0);
        let least = least.max(usize::from(text(question, "required").as_deref() == Some("true")));
        if answers < least && response.is_finished && kind != "display" {
            let message = format!("{link} has {answers} answers; at least {least} are required");
            self.say(at, rule::QUESTIONNAIRE, &message, place);
        }
        let most = if repeats { bound("questionnaire-maxOccurs") } else { Some(1) };
        if most.is_some_and(|most| answers > most) {
            let message = format!("{link} has {answers} answers; at most {} are allowed", most.unwrap_or(1));
            self.say(at, rule::QUESTIONNAIRE, &message, place);
        }
        if is_question && items.len() > 1 {
            let message = format!("{link} stands more than once; put its answers into one item");
            self.say(at, rule::QUESTIONNAIRE, &message, place);
        }
    }

    fn say(&mut self, element: Element<'a>, rule: rule::Rule, message: &str, place: &Place<'_>) {
        if let Some(node) = element.value.or(element.sibling) {
            self.report(place, node, rule, message);
        }
    }
}

/// The text of a child.
fn text(element: Element<'_>, name: &str) -> Option<String> {
    text_of(element.child(name)?)
}

fn text_of(element: Element<'_>) -> Option<String> {
    element.scalar().map(std::borrow::Cow::into_owned)
}
