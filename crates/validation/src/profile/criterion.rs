//! What tells slices apart (FHIR: Profiling, section 5.1.0.8): the discriminators' paths, and what a slice wants there.

use super::definition::{CORE, TypeRule};
use super::pattern;
use super::plan::{ElementPlan, Profile};
use fhir::Value;
use fhir::schema::{BindingStrength, TypeId, schema};
use std::sync::Arc;

/// A step of a discriminator's path, of the part of FHIRPath that the standard allows there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Child(String),
    Resolve,
    OfType(TypeId),
    Extension(String),
}

/// What an occurrence of a slice has at the end of a path.
pub(crate) struct Criterion {
    pub steps: Vec<Step>,
    pub wanted: Wanted,
}

/// What is wanted of the elements at the end of the path.
pub(crate) enum Wanted {
    /// One of them keeps all tests.
    Value(Vec<Test>),
    /// They are of one of the types.
    Types(Vec<TypeId>),
    /// They meet one of the profiles.
    Profiles(Vec<String>),
    /// They exist, or do not.
    Exists(bool),
}

/// A test of an element, or of what lies below it.
pub(crate) struct Test {
    pub steps: Vec<Step>,
    pub rule: TestRule,
}

/// What a test asks of a value.
pub(crate) enum TestRule {
    Fixed(Value),
    Pattern(Value),
    /// In a value set.
    Bound(String),
}

/// Gives the profile of a canonical.
pub(crate) type Lookup<'l> = dyn Fn(&str) -> Option<Arc<Profile>> + 'l;

/// The steps of a discriminator's path; `None` when it holds what the standard does not allow.
pub(crate) fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("extension(") {
            let (url, after) = after.split_once(')')?;
            steps.push(Step::Extension(url.trim_matches(['\'', '"']).to_owned()));
            rest = after;
        } else if let Some((type_name, after)) =
            rest.strip_prefix("ofType(").or(rest.strip_prefix("as(")).and_then(|after| after.split_once(')'))
        {
            steps.push(Step::OfType(schema().type_named(type_name)?));
            rest = after;
        } else if let Some(type_name) = rest.strip_prefix(" as ") {
            steps.push(Step::OfType(schema().type_named(type_name.trim())?));
            rest = "";
        } else {
            let end = rest.find(['.', ' ']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            match name.strip_suffix("[x]").unwrap_or(name) {
                "$this" => {}
                "resolve()" => steps.push(Step::Resolve),
                name if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                    steps.push(Step::Child(name.to_owned()));
                }
                _ => return None,
            }
            rest = after;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    Some(steps)
}

/// What a slice wants by each discriminator; `None` when its definition does not say.
pub(crate) fn criteria(
    profile: &Profile,
    slice: usize,
    discriminators: &[(String, String)],
    lookup: &Lookup<'_>,
) -> Option<Vec<Criterion>> {
    let one = |(kind, path): &(String, String)| {
        let steps = steps(path)?;
        let cursor = Cursor { held: Held::Here(profile), at: slice, types: None, pattern: None };
        let wanted = wanted(kind, cursor, &steps, lookup)?;
        Some(Criterion { steps, wanted })
    };
    // A discriminator that a slice says nothing about does not tell it apart; one at least must.
    let found: Vec<_> = discriminators.iter().filter_map(one).collect();
    (!found.is_empty()).then_some(found)
}

/// Where the way through the definitions has come to.
struct Cursor<'p> {
    held: Held<'p>,
    at: usize,
    /// The types, when they are narrower than the element says: after `resolve()` or `ofType()`.
    types: Option<Vec<TypeRule>>,
    /// The value wanted here by an element above.
    pattern: Option<Value>,
}

/// The profile that an element is of.
#[derive(Clone)]
enum Held<'p> {
    Here(&'p Profile),
    There(Arc<Profile>),
}

impl std::ops::Deref for Held<'_> {
    type Target = Profile;

    fn deref(&self) -> &Profile {
        match self {
            Self::Here(profile) => profile,
            Self::There(profile) => profile,
        }
    }
}

impl<'p> Cursor<'p> {
    fn element(&self) -> &ElementPlan {
        &self.held.elements[self.at]
    }

    fn types(&self) -> &[TypeRule] {
        self.types.as_deref().unwrap_or(&self.element().types)
    }

    fn step(self, step: &Step, lookup: &Lookup<'_>) -> Option<Self> {
        match step {
            Step::Child(name) => self.child(name, lookup),
            Step::Resolve => {
                let targets = self.types().iter().flat_map(|one| &one.targets);
                let types = targets.map(|target| target_type(target, lookup)).collect();
                Some(Self { types: Some(types), pattern: None, ..self })
            }
            Step::OfType(type_id) => {
                let types =
                    self.types().iter().filter(|one| one.type_id() == Some(*type_id)).cloned().collect();
                Some(Self { types: Some(types), ..self })
            }
            Step::Extension(url) => self.extension(url, lookup),
        }
    }

    fn child(self, name: &str, lookup: &Lookup<'_>) -> Option<Self> {
        let own = self
            .pattern
            .clone()
            .or_else(|| self.element().pattern.clone())
            .or_else(|| self.element().fixed.clone());
        let pattern = own.and_then(|pattern| pattern::part(&pattern, name));
        let required = self.element().slices.iter().filter(|slice| self.held.elements[**slice].min > 0);
        let mut places = required.copied().chain([self.at]);
        let found = self.types.is_none().then(|| places.find_map(|at| named(&self.held, at, name))).flatten();
        if let Some(at) = found {
            return Some(Self { at, types: None, pattern, ..self });
        }
        if pattern.is_some() {
            return Some(Self { types: Some(Vec::new()), pattern, ..self });
        }
        let url = self.types().iter().flat_map(|one| &one.profiles).next()?;
        let held = Held::There(lookup(url)?);
        let at = named(&held, 0, name)?;
        Some(Self { held, at, types: None, pattern: None })
    }

    fn extension(self, url: &str, lookup: &Lookup<'_>) -> Option<Self> {
        let extension = named(&self.held, self.at, "extension")?;
        let slices = &self.held.elements[extension].slices;
        let slice = slices.iter().copied().find(|slice| {
            let types = &self.held.elements[*slice].types;
            types.iter().flat_map(|one| &one.profiles).any(|profile| profile.split('|').next() == Some(url))
        });
        match slice {
            Some(at) => Some(Self { at, types: None, pattern: None, ..self }),
            None => Some(Self { held: Held::There(lookup(url)?), at: 0, types: None, pattern: None }),
        }
    }
}

fn named(profile: &Profile, at: usize, name: &str) -> Option<usize> {
    let own = &profile.elements[at];
    let children = match own.content {
        Some(other) if own.children.is_empty() => &profile.elements[other].children,
        _ => &own.children,
    };
    children.iter().copied().find(|child| profile.elements[*child].name == name)
}

fn target_type(target: &str, lookup: &Lookup<'_>) -> TypeRule {
    let core = target.strip_prefix(CORE).filter(|name| schema().type_named(name).is_some());
    match (core, lookup(target)) {
        (Some(name), _) => TypeRule { code: name.to_owned(), ..TypeRule::default() },
        (None, found) => TypeRule {
            code: found.map(|profile| profile.type_id.name().to_owned()).unwrap_or_default(),
            profiles: vec![target.to_owned()],
            targets: Vec::new(),
        },
    }
}

fn wanted(kind: &str, cursor: Cursor<'_>, steps: &[Step], lookup: &Lookup<'_>) -> Option<Wanted> {
    let mut cursor = Some(cursor);
    for step in steps {
        cursor = cursor.take()?.step(step, lookup);
    }
    let cursor = cursor?;
    match kind {
        "type" => {
            let own = cursor.element();
            let required =
                own.slices.iter().map(|slice| &cursor.held.elements[*slice]).filter(|one| one.min > 0);
            let mut types: Vec<_> = match cursor.types {
                None => required.flat_map(|one| &one.types).filter_map(TypeRule::type_id).collect(),
                Some(_) => Vec::new(),
            };
            if types.is_empty() {
                types = cursor.types().iter().filter_map(TypeRule::type_id).collect();
            }
            (!types.is_empty()).then_some(Wanted::Types(types))
        }
        "profile" => {
            let profiles: Vec<_> = cursor.types().iter().flat_map(|one| one.profiles.clone()).collect();
            (!profiles.is_empty()).then_some(Wanted::Profiles(profiles))
        }
        "exists" if cursor.element().max == Some(0) => Some(Wanted::Exists(false)),
        "exists" => (cursor.element().min > 0).then_some(Wanted::Exists(true)),
        _ => {
            let tests = match &cursor.pattern {
                Some(value) => vec![Test { steps: Vec::new(), rule: TestRule::Pattern(value.clone()) }],
                None => {
                    let mut tests = Vec::new();
                    collect_tests(&cursor.held, cursor.at, &mut Vec::new(), &mut tests);
                    if tests.is_empty() {
                        let url = cursor.types().iter().flat_map(|one| &one.profiles).next();
                        if let Some(profile) = url.and_then(|url| lookup(url)) {
                            collect_tests(&profile, 0, &mut Vec::new(), &mut tests);
                        }
                    }
                    tests
                }
            };
            (!tests.is_empty()).then_some(Wanted::Value(tests))
        }
    }
}

/// How deep below the end of a discriminator's path values are looked for.
const DEPTH_MAX: usize = 4;

/// What an element fixes itself, or else below it.
fn collect_tests(profile: &Profile, at: usize, steps: &mut Vec<Step>, tests: &mut Vec<Test>) {
    let element = &profile.elements[at];
    let required = |binding: &&super::definition::BindingRule| binding.strength == BindingStrength::Required;
    let rule = match (&element.fixed, &element.pattern, element.binding.as_ref().filter(required)) {
        (Some(value), ..) => Some(TestRule::Fixed(value.clone())),
        (None, Some(value), _) => Some(TestRule::Pattern(value.clone())),
        (None, None, Some(binding)) => Some(TestRule::Bound(binding.value_set.clone())),
        _ => None,
    };
    if let Some(rule) = rule {
        return tests.push(Test { steps: steps.clone(), rule });
    }
    if steps.len() >= DEPTH_MAX {
        return;
    }
    for child in &element.children {
        if profile.elements[*child].min > 0 {
            steps.push(Step::Child(profile.elements[*child].name.clone()));
            collect_tests(profile, *child, steps, tests);
            steps.pop();
        }
    }
    for slice in element.slices.iter().filter(|slice| profile.elements[**slice].min > 0) {
        collect_tests(profile, *slice, steps, tests);
    }
}
