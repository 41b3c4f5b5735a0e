//! The members of an object: known, as often and in the JSON form that the definition asks for.

use crate::place::Place;
use crate::plan::{Form, MemberPlan, Special, TypePlan};
use crate::primitive::{Primitive, shown};
use crate::rule;
use crate::suggestion;
use crate::walk::{Standing, Walk};
use fhir::quoted::quoted;
use fhir::schema::ElementDefinition;
use fhir::{Element, Kind, Node};

impl<'a> Walk<'a> {
    pub(crate) fn members(&mut self, holder: Node<'a>, plan: &'static TypePlan, place: &Place<'_>) {
        let mut seen = 0u128;
        let mut is_empty = true;
        let has_siblings = holder.members().any(|(name, _)| name.starts_with('_'));
        for (name, node) in holder.members() {
            if name == "resourceType" && plan.special == Special::Resource {
                continue;
            }
            is_empty = false;
            if name == "id" && plan.special != Special::Resource {
                self.element_id(node, plan, place);
            }
            let (plain, is_sibling) = match name.strip_prefix('_') {
                Some(plain) => (plain, true),
                None => (&*name, false),
            };
            let member = plan.member(plain).filter(|member| !is_sibling || may_have_sibling(member));
            let Some(member) = member else {
                self.unknown_member(&name, node, plan, place);
                continue;
            };
            let (value, sibling) = match (is_sibling, has_siblings) {
                (true, _) if holder.get(plain).is_some() => continue,
                (true, _) => (None, Some(node)),
                (false, true) => (Some(node), sibling_of(holder, plain)),
                (false, false) => (Some(node), None),
            };
            let bit = 1u128 << member.bit;
            if seen & bit != 0 {
                self.second_choice(member, node, place);
            }
            seen |= bit;
            self.member(member, value, sibling, &place.child(member.element.name));
        }
        if is_empty && plan.special != Special::Resource {
            let message = "is an empty object; leave it out or fill it";
            return self.report(place, holder, rule::EMPTY, message);
        }
        if plan.special != Special::Resource && seen & !ID_BIT == 0 && holder.get("id").is_some() {
            let message = "has only an id; it needs a value, a child or an extension, or leave it out";
            self.report(place, holder, rule::ELE_1, message);
        }
        for (bit, element) in &plan.required {
            if seen & (1u128 << bit) == 0 {
                self.missing(element, holder, place);
            }
        }
    }

    fn unknown_member(&mut self, name: &str, node: Node<'a>, plan: &'static TypePlan, place: &Place<'_>) {
        if self.is_full() {
            // The search for a near name costs too much to do it for nothing.
            return self.report(place, node, rule::UNKNOWN_MEMBER, "");
        }
        let type_name = plan.type_id.name();
        let plain = name.strip_prefix('_').unwrap_or(name);
        let choices = plan.type_id.definition().element(plain).filter(|element| element.is_choice);
        let mend = if let Some(member) = plan.member(plain) {
            format!("; {} takes no {} beside it, remove it", member.json_name, quoted(name))
        } else if let Some(element) = choices {
            format!("; the name carries the type, such as {}", choice_names(plan, element).join(" or "))
        } else {
            let near = suggestion::nearest(plain, plan.member_names());
            match near {
                Some(near) => format!("; did you mean {near}?"),
                None => "; remove it or send it as an extension".to_owned(),
            }
        };
        let is_name =
            name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let inner = place.child(name);
        let at = if is_name { &inner } else { place };
        self.report(at, node, rule::UNKNOWN_MEMBER, format!("{type_name} has no {}{mend}", quoted(name)));
    }

    fn second_choice(&mut self, member: &MemberPlan, node: Node<'a>, place: &Place<'_>) {
        let name = member.element.name;
        let message =
            format!("{name}[x] is given more than once; keep one of them, here is {}", member.json_name);
        self.report(&place.child(name), node, rule::CHOICE, message);
    }

    fn missing(&mut self, element: &'static ElementDefinition, holder: Node<'a>, place: &Place<'_>) {
        let choice = if element.is_choice { "[x]" } else { "" };
        let message = format!("{}{choice} is missing; it is required", element.name);
        self.report(place, holder, rule::MIN, message);
    }

    /// One member: its value and the sibling with ids and extensions, arrays or not.
    fn member(
        &mut self,
        member: &'static MemberPlan,
        value: Option<Node<'a>>,
        sibling: Option<Node<'a>>,
        place: &Place<'_>,
    ) {
        let Some(first) = value.or(sibling) else { return };
        if member.element.max == Some(0) {
            let message = format!("{} is not allowed here; remove it", member.json_name);
            return self.report(place, first, rule::MAX, message);
        }
        if !member.repeats {
            for node in [value, sibling].into_iter().flatten() {
                if node.kind() == Kind::Array {
                    let message = format!("{} takes one value; remove the [ ] around it", member.json_name);
                    return self.report(place, node, rule::JSON_KIND, message);
                }
            }
            return self.occurrence(member, value, sibling, place);
        }
        for node in [value, sibling].into_iter().flatten() {
            if node.kind() != Kind::Array {
                let message = format!("{} may repeat; put its values in an array in [ ]", member.json_name);
                return self.report(place, node, rule::JSON_KIND, message);
            }
        }
        self.occurrences(member, value, sibling, place);
    }

    fn occurrences(
        &mut self,
        member: &'static MemberPlan,
        value: Option<Node<'a>>,
        sibling: Option<Node<'a>>,
        place: &Place<'_>,
    ) {
        let Some(first) = value.or(sibling) else { return };
        let mut values = value.map(Node::items);
        let mut siblings = sibling.map(Node::items);
        let mut count = 0usize;
        loop {
            let value = values.as_mut().and_then(Iterator::next);
            let sibling = siblings.as_mut().and_then(Iterator::next);
            if value.is_none() && sibling.is_none() {
                break;
            }
            self.item(member, (value, sibling), &place.item(count));
            count += 1;
        }
        if count == 0 {
            let message = format!("{} is an empty array; leave it out or fill it", member.json_name);
            return self.report(place, first, rule::EMPTY, message);
        }
        if let (Some(value), Some(sibling)) = (value, sibling) {
            let (values, siblings) = (value.items().count(), sibling.items().count());
            if values != siblings {
                let message = format!(
                    "{name} has {values} items and _{name} has {siblings}; fill the shorter up with null",
                    name = member.json_name
                );
                self.report(place, sibling, rule::SIBLING, message);
            }
        }
        let limit = member.element.max.map_or(usize::MAX, |max| max as usize);
        if count > limit {
            let message = format!("{} occurs {count} times; at most {limit} are allowed", member.json_name);
            self.report(place, first, rule::MAX, message);
        }
    }

    /// An item of an array; `null` holds the place of what stands in the other array.
    fn item(
        &mut self,
        member: &'static MemberPlan,
        (value, sibling): (Option<Node<'a>>, Option<Node<'a>>),
        place: &Place<'_>,
    ) {
        let not_null = |node: &Node<'_>| node.kind() != Kind::Null;
        let (some_value, some_sibling) = (value.filter(not_null), sibling.filter(not_null));
        match (some_value.or(some_sibling), value.or(sibling)) {
            (Some(_), _) if matches!(member.form, Form::Primitive(_)) => {
                self.occurrence(member, some_value, some_sibling, place);
            }
            (Some(_), _) => self.occurrence(member, value, None, place),
            (None, Some(null)) => {
                let message = "is null without an id or extension beside it; remove it from the array";
                self.report(place, null, rule::NULL, message);
            }
            (None, None) => {}
        }
    }

    fn occurrence(
        &mut self,
        member: &'static MemberPlan,
        value: Option<Node<'a>>,
        sibling: Option<Node<'a>>,
        place: &Place<'_>,
    ) {
        for node in [value, sibling].into_iter().flatten() {
            if node.kind() == Kind::Null {
                return self.report(place, node, rule::NULL, "is null; leave the member out");
            }
        }
        let type_id = member.type_id;
        let element = Element { type_id, definition: Some(member.element), value, sibling };
        let mut is_well_formed = true;
        match member.form {
            Form::Primitive(primitive) => {
                if let Some(node) = value {
                    is_well_formed = self.primitive(primitive, node, place);
                }
                if let Some(node) = sibling {
                    self.primitive_sibling(element, node, place);
                }
            }
            Form::Resource => {
                let standing =
                    if member.json_name == "contained" { Standing::Contained } else { Standing::Independent };
                if let Some(node) = value {
                    self.inner_resource(node, standing, place);
                }
            }
            Form::Object => self.object(element, TypePlan::of(member.rules), place),
            Form::Reference => {
                self.object(element, TypePlan::of(member.rules), place);
                if let Some(node) = value {
                    self.reference(node, &member.reference.targets, place);
                }
            }
        }
        if !member.invariants.is_empty() {
            self.invariants(element, &member.invariants, place);
        }
        match (member.binding, value, sibling) {
            (Some(binding), Some(node), _) if is_well_formed => self.binding(binding, node, place),
            (Some(binding), None, Some(sibling)) => self.absent_code(binding, sibling, place),
            _ => {}
        }
    }

    fn primitive_sibling(&mut self, element: Element<'a>, sibling: Node<'a>, place: &Place<'_>) {
        if sibling.kind() != Kind::Object {
            let message = "the member with the underscore must be an object with an id or extensions";
            return self.report(place, sibling, rule::SIBLING, message);
        }
        if element.value.is_some()
            && sibling.members().all(|(name, _)| name == "id")
            && sibling.get("id").is_some()
        {
            // A value with an id: `members` would miss the value and see an element with nothing but an id.
            if let Some(id) = sibling.get("id") {
                self.element_id(id, TypePlan::of(element.type_id), place);
                self.primitive(Primitive::String, id, &place.child("id"));
            }
            return;
        }
        self.object(element, TypePlan::of(element.type_id), place);
    }

    /// A primitive's value; false when its form is wrong.
    fn primitive(&mut self, primitive: Primitive, node: Node<'a>, place: &Place<'_>) -> bool {
        let (kind, wanted) = (node.kind(), primitive.json_kind());
        if kind != wanted {
            self.wrong_kind(kind, wanted, node, place);
            return false;
        }
        let Some(value) = node.scalar().filter(|_| kind != Kind::Bool) else { return true };
        if value.is_empty() {
            self.report(place, node, rule::EMPTY, "is an empty string; leave it out or fill it");
            return false;
        }
        if primitive == Primitive::Xhtml {
            self.narrative(&value, node, place);
            return true;
        }
        if let Err(fault) = primitive.check(&value) {
            self.report(place, node, rule::FORMAT, format!("{} {fault}", shown(node)));
            return false;
        }
        if let Some((rule, fault)) = primitive.suspicion(&value, self.settings) {
            self.report(place, node, rule, format!("{} {fault}", shown(node)));
        }
        if value.trim_ascii().is_empty() {
            self.report(place, node, rule::BLANK, "is nothing but white space; leave it out or fill it");
        }
        if primitive.may_be_local() && value.starts_with('#') {
            if primitive == Primitive::Canonical {
                self.local_canonical(&value, node, place);
            }
            self.container.note_local(&value);
        }
        true
    }

    fn wrong_kind(&mut self, kind: Kind, wanted: Kind, node: Node<'a>, place: &Place<'_>) {
        let message = match (kind, wanted) {
            (Kind::String, Kind::Number | Kind::Bool) => {
                format!("is a string; write {} without quotes", kind_name(wanted))
            }
            (Kind::Number | Kind::Bool, Kind::String) => {
                format!("is {}; write it as a string in quotes", kind_name(kind))
            }
            _ => format!("is {}; write {}", kind_name(kind), kind_name(wanted)),
        };
        self.report(place, node, rule::JSON_KIND, message);
    }
}

/// The position of `id` in every type that has one.
const ID_BIT: u128 = 1;

fn may_have_sibling(member: &MemberPlan) -> bool {
    matches!(member.form, Form::Primitive(_)) && !member.element.is_attribute
}

fn sibling_of<'a>(holder: Node<'a>, name: &str) -> Option<Node<'a>> {
    let mut members = holder.members();
    members.find(|(other, _)| other.strip_prefix('_') == Some(name)).map(|(_, node)| node)
}

fn choice_names(plan: &'static TypePlan, element: &'static ElementDefinition) -> Vec<&'static str> {
    plan.type_id.definition().json_names(element).map(|(name, _)| name).take(3).collect()
}

/// A JSON kind in words.
pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Bool => "true or false",
        Kind::Number => "a number",
        Kind::String => "a string",
        Kind::Array => "an array",
        Kind::Object => "an object",
    }
}
