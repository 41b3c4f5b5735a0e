//! The one walk over the tree: every check is called from here, none walks again.

use crate::bundle::FullUrls;
use crate::contained::Container;
use crate::issue::{Issue, Severity};
use crate::outcome::Outcome;
use crate::place::Place;
use crate::plan::{Special, TypePlan};
use crate::ports::Ports;
use crate::profile::{Elsewhere, Known, Profile};
use crate::rule::{self, Rule};
use crate::settings::Settings;
use crate::suggestion;
use fhir::quoted::quoted;
use fhir::schema::{TypeId, schema};
use fhir::{Document, Element, Kind, Node};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// Deeper trees are refused; the JSON reader's own limit is lower unless a caller raised it.
const DEPTH_MAX: usize = 100;

/// A validation under way.
pub(crate) struct Walk<'a> {
    pub ports: &'a dyn Ports,
    pub settings: &'a Settings,
    issues: Vec<Issue>,
    /// How many findings are listed: of advice and warnings, and of errors, so that neither crowds the other out.
    listed: [usize; 2],
    /// Findings beyond the limit.
    unlisted: usize,
    /// True when the walk had to turn back: then nothing else descends that far either.
    pub is_too_deep: bool,
    /// The innermost resource: `%resource`.
    pub resource: Option<Element<'a>>,
    /// The innermost resource that is no contained one: `%rootResource`.
    pub root_resource: Option<Element<'a>>,
    /// The resource that is no contained one, with what is collected about it.
    pub container: Container<'a>,
    /// The entries of the innermost bundle.
    pub full_urls: FullUrls<'a>,
    /// The profiles met.
    pub known: Known,
    /// Resources outside of the document.
    pub elsewhere: Rc<Elsewhere>,
    /// The code systems met, and whether each only adds to another.
    pub supplements: HashMap<String, bool>,
    /// How many profiles ask each other by invariants here.
    pub depth: usize,
    /// How many questions whether something meets a profile lie in each other.
    pub nesting: usize,
    /// The places that were held against profiles.
    pub reported: HashSet<(u32, *const Profile)>,
    /// Which places were found to meet which profiles.
    pub conformance: HashMap<(u32, *const Profile), bool>,
    /// The profiles in `conformance`.
    pub held: Vec<Arc<Profile>>,
}

/// What a walk had found at some moment.
pub(crate) struct Mark {
    issues: usize,
    listed: [usize; 2],
    unlisted: usize,
}

impl Mark {
    /// True when errors were found since an earlier one.
    pub fn has_more_errors(&self, earlier: &Self) -> bool {
        self.listed[1] > earlier.listed[1] || self.unlisted > earlier.unlisted
    }
}

/// How a resource stands in its document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The document itself, a bundle's entry or a parameter.
    Independent,
    /// In `contained`.
    Contained,
}

impl<'a> Walk<'a> {
    pub fn new(ports: &'a dyn Ports, settings: &'a Settings) -> Self {
        Self {
            ports,
            settings,
            issues: Vec::new(),
            listed: [0; 2],
            unlisted: 0,
            is_too_deep: false,
            resource: None,
            root_resource: None,
            container: Container::default(),
            full_urls: FullUrls::default(),
            known: Known::default(),
            elsewhere: Rc::default(),
            supplements: HashMap::new(),
            depth: 0,
            nesting: 0,
            reported: HashSet::new(),
            conformance: HashMap::new(),
            held: Vec::new(),
        }
    }

    pub fn run(mut self, document: &'a Document) -> Outcome {
        let root = document.root();
        let name = document.resource_type();
        match name.as_deref().and_then(|name| schema().resource_named(name)) {
            Some(type_id) => {
                self.resource(root, type_id, Standing::Independent, &Place::root(type_id.name()));
            }
            None => self.unknown_resource(root, rule::NOT_A_RESOURCE, &Place::root("Resource")),
        }
        if self.unlisted > 0 {
            let message = format!("{} more findings are not listed; mend these first", self.unlisted);
            let last = self.issue(
                &Place::root(name.as_deref().unwrap_or("Resource")),
                root,
                rule::MORE_ISSUES,
                message,
            );
            self.issues.push(last);
        }
        Outcome { issues: self.issues }
    }

    /// Notes a finding.
    pub fn report(&mut self, place: &Place<'_>, node: Node<'_>, rule: Rule, message: impl Into<String>) {
        let is_error = rule.severity >= Severity::Error;
        let listed = &mut self.listed[usize::from(is_error)];
        if *listed < self.settings.issues_max.max(1) {
            *listed += 1;
            let issue = self.issue(place, node, rule, message.into());
            self.issues.push(issue);
        } else {
            self.unlisted += 1;
        }
    }

    /// Runs checks without noting what they find; true when nothing is an error.
    pub fn probe(&mut self, run: impl FnOnce(&mut Self)) -> bool {
        let outer = (std::mem::take(&mut self.issues), self.listed, self.unlisted);
        let reported = std::mem::take(&mut self.reported);
        self.listed = [0; 2];
        run(self);
        let is_clean = self.listed[1] == 0;
        (self.issues, self.listed, self.unlisted) = outer;
        self.reported = reported;
        is_clean
    }

    /// What is found so far.
    pub fn mark(&self) -> Mark {
        Mark { issues: self.issues.len(), listed: self.listed, unlisted: self.unlisted }
    }

    /// Forgets what was found since.
    pub fn return_to(&mut self, mark: Mark) {
        self.issues.truncate(mark.issues);
        (self.listed, self.unlisted) = (mark.listed, mark.unlisted);
    }

    /// Gives the findings since another key.
    pub fn rename_from(&mut self, mark: &Mark, key: &str) {
        for issue in &mut self.issues[mark.issues..] {
            issue.rule = key.to_owned().into();
        }
    }

    /// True when another error would not be listed.
    pub fn is_full(&self) -> bool {
        self.listed[1] >= self.settings.issues_max.max(1)
    }

    fn issue(&self, place: &Place<'_>, node: Node<'_>, rule: Rule, message: String) -> Issue {
        let (line, column) = node.line_column();
        let Rule { key, severity, code } = rule;
        Issue { severity, code, expression: place.expression(), line, column, message, rule: key.into() }
    }

    /// A resource inside another, or what should be one.
    pub fn inner_resource(&mut self, node: Node<'a>, standing: Standing, place: &Place<'_>) {
        let named = node.get_str("resourceType").and_then(|name| schema().resource_named(&name));
        match named {
            Some(type_id) => self.resource(node, type_id, standing, place),
            None => self.unknown_resource(node, rule::UNKNOWN_RESOURCE, place),
        }
    }

    fn unknown_resource(&mut self, node: Node<'a>, rule: Rule, place: &Place<'_>) {
        if self.is_full() {
            return self.report(place, node, rule, "");
        }
        let message = match node.get("resourceType").map(|name| (name, name.as_str())) {
            _ if node.kind() != Kind::Object => "a resource is a JSON object with a resourceType".to_owned(),
            None => "resourceType is missing; add it as the first member, such as \"Patient\"".to_owned(),
            Some((_, None)) => "resourceType must be a string, such as \"Patient\"".to_owned(),
            Some((_, Some(name))) => {
                let near = suggestion::nearest(&name, schema().resources().map(TypeId::name));
                let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                format!("there is no resource type {}{near}", quoted(&name))
            }
        };
        self.report(place, node, rule, message);
    }

    fn resource(&mut self, node: Node<'a>, type_id: TypeId, standing: Standing, place: &Place<'_>) {
        let element = Element { type_id, definition: None, value: Some(node), sibling: None };
        let outer = (self.resource, self.root_resource);
        self.resource = Some(element);
        if standing == Standing::Independent {
            self.root_resource = Some(element);
        }
        self.standing_resource(element, node, standing, place);
        (self.resource, self.root_resource) = outer;
    }

    fn standing_resource(
        &mut self,
        element: Element<'a>,
        node: Node<'a>,
        standing: Standing,
        place: &Place<'_>,
    ) {
        let type_id = element.type_id;
        match standing {
            Standing::Contained => {
                self.contained_resource(node, place);
                self.object(element, TypePlan::of(type_id), place);
                self.resource_profiles(element, place);
                self.container.inside = None;
            }
            Standing::Independent => {
                let outer = std::mem::replace(&mut self.container, Container::of(node));
                let outer_urls = (type_id.name() == "Bundle")
                    .then(|| std::mem::replace(&mut self.full_urls, FullUrls::of(node)));
                self.container_ids(place);
                self.object(element, TypePlan::of(type_id), place);
                self.resource_profiles(element, place);
                self.finish_container(place);
                self.container = outer;
                if let Some(outer_urls) = outer_urls {
                    self.full_urls = outer_urls;
                }
            }
        }
    }

    /// An object with its members, then the rules of its type.
    pub fn object(&mut self, element: Element<'a>, plan: &'static TypePlan, place: &Place<'_>) {
        let holder = if element.type_id.is_primitive() { element.sibling } else { element.value };
        let Some(holder) = holder else { return };
        if place.depth > DEPTH_MAX {
            self.is_too_deep = true;
            let message = format!("is nested more than {DEPTH_MAX} deep; flatten the content");
            return self.report(place, holder, rule::TOO_DEEP, message);
        }
        if holder.kind() != Kind::Object {
            let message = format!(
                "is {}; {} is written as an object in {{ }}",
                crate::members::kind_name(holder.kind()),
                element.type_name()
            );
            return self.report(place, holder, rule::JSON_KIND, message);
        }
        self.members(holder, plan, place);
        match plan.special {
            Special::Extension => self.extension(element, holder, place),
            Special::BundleEntry => self.bundle_entry(holder, place),
            Special::Coding => self.coding(holder, place),
            _ => {}
        }
        self.value_meaning(element, place);
        self.invariants(element, &plan.invariants, place);
    }
}
