//! Snapshots from differentials (FHIR: Profiling, section 5.1.0.2).

use super::definition::{ElementRule, Slicing, TypeRule};

/// Elements deeper than this are left out; none of the release is a quarter as deep.
const DEPTH_MAX: usize = 40;

/// Gives the snapshot of a definition by its canonical.
pub type Snapshots<'l> = dyn Fn(&str) -> Option<Vec<ElementRule>> + 'l;

/// A rule of a differential that does not fit its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Of an element that the base does not have.
    OfNothing,
    /// Of the value that the base fixes.
    OfFixed,
}

/// The rules of all elements of a definition: those of its base, changed by its differential.
///
/// Elements that the base names only by their type are unfolded where the differential goes below them. What a
/// differential says about elements that its base does not have is left out.
pub fn snapshot(
    base: &[ElementRule],
    differential: &[ElementRule],
    lookup: &Snapshots<'_>,
) -> Vec<ElementRule> {
    snapshot_noting(base, differential, lookup, &mut |_, _| {})
}

/// The same; `note` is called with the position of each rule that does not fit.
pub(crate) fn snapshot_noting(
    base: &[ElementRule],
    differential: &[ElementRule],
    lookup: &Snapshots<'_>,
    note: &mut dyn FnMut(usize, Change),
) -> Vec<ElementRule> {
    let mut changes: Vec<Entry> = differential.iter().map(Entry::of).collect();
    identify(&mut changes);
    let mut builder = Builder {
        rules: base.iter().map(Entry::of).collect(),
        base: Vec::new(),
        choices: Vec::new(),
        lookup,
    };
    identify(&mut builder.rules);
    builder.base = builder.rules.iter().map(|entry| (entry.id.clone(), entry.rule.clone())).collect();
    for (position, change) in changes.into_iter().enumerate() {
        if let Err(unfit) = builder.apply(&change) {
            note(position, unfit);
        }
    }
    builder.finish();
    builder.rules.into_iter().map(|entry| entry.rule).collect()
}

/// The rules of one element, named by its id, and of what lies below it, as if it were the root.
pub(crate) fn below(rules: &[ElementRule], id: &str) -> Vec<ElementRule> {
    let mut entries: Vec<Entry> = rules.iter().map(Entry::of).collect();
    identify(&mut entries);
    let is_below = |entry: &Entry| {
        entry.id.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ':', '/']))
    };
    let mut found: Vec<ElementRule> = entries.into_iter().filter(is_below).map(|entry| entry.rule).collect();
    let above = found.first().and_then(|root| root.path.rfind('.')).map_or(0, |dot| dot + 1);
    found.iter_mut().for_each(|rule| rule.path = rule.path.split_off(above));
    if let Some(root) = found.first_mut() {
        *root = ElementRule { slice_name: None, min: None, max: None, ..root.clone() };
    }
    found
}

struct Entry {
    /// The path with slices.
    id: String,
    rule: ElementRule,
}

impl Entry {
    fn of(rule: &ElementRule) -> Self {
        Self { id: String::new(), rule: rule.clone() }
    }
}

/// Gives every rule its id, by the slices that are open at its place.
fn identify(entries: &mut [Entry]) {
    let mut open: Vec<String> = Vec::new();
    for entry in entries {
        let names: Vec<&str> = entry.rule.path.split('.').collect();
        let depth = names.len() - 1;
        let shared = open.iter().zip(&names).take_while(|(id, name)| id.split(':').next() == Some(name));
        open.truncate(shared.count().min(depth));
        // A differential may leave out the elements between.
        for name in &names[open.len()..depth] {
            open.push((*name).to_owned());
        }
        let slice = entry.rule.slice_name.as_deref().map(|name| format!(":{name}")).unwrap_or_default();
        open.push(format!("{}{slice}", names[depth]));
        entry.id = open.join(".");
    }
}

struct Builder<'l> {
    rules: Vec<Entry>,
    /// The base as it was: a slice begins from there, whatever the differential says of all occurrences.
    base: Vec<(String, ElementRule)>,
    /// Choices that the differential names by their type, each with the slice made for it.
    choices: Vec<(String, String)>,
    lookup: &'l Snapshots<'l>,
}

impl Builder<'_> {
    fn apply(&mut self, change: &Entry) -> Result<(), Change> {
        if change.rule.path.matches('.').count() > DEPTH_MAX {
            return Ok(());
        }
        let at = self.place(&change.id).ok_or(Change::OfNothing)?;
        let own = &mut self.rules[at].rule;
        let contradicts =
            matches!((&own.fixed, &change.rule.fixed), (Some(own), Some(other)) if own != other);
        merge(own, &change.rule);
        if contradicts { Err(Change::OfFixed) } else { Ok(()) }
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.rules.iter().position(|entry| entry.id == id)
    }

    /// Where an element stands, after slices and children were made that it needs.
    fn place(&mut self, id: &str) -> Option<usize> {
        if let Some(at) = self.position(id) {
            return Some(at);
        }
        let (parent, last) = id.rsplit_once('.')?;
        let parent_at = self.place(parent)?;
        let parent = self.rules[parent_at].id.clone();
        let id = format!("{parent}.{last}");
        if let Some(at) = self.position(&id) {
            return Some(at);
        }
        self.unfold(parent_at);
        if let Some(at) = self.position(&id) {
            return Some(at);
        }
        match last.rsplit_once(':') {
            Some((name, slice)) => {
                let sliced = match slice.rsplit_once('/') {
                    Some((outer, _)) => format!("{parent}.{name}:{outer}"),
                    None => format!("{parent}.{name}"),
                };
                let sliced = self.place(&sliced)?;
                Some(self.add_slice(sliced, slice))
            }
            None => self.choice(&parent, last),
        }
    }

    /// `valueQuantity` is the slice of that name of `value[x]`; within another slice, `value[x]` narrowed to that type.
    fn choice(&mut self, parent: &str, name: &str) -> Option<usize> {
        let (choice, one) = self.rules.iter().find_map(|entry| {
            let last = entry.id.strip_prefix(parent)?.strip_prefix('.')?;
            let stem =
                last.strip_suffix("[x]").filter(|stem| !stem.contains('.') && name.starts_with(stem))?;
            let wanted = name[stem.len()..].to_lowercase();
            let one = entry.rule.types.iter().find(|one| one.code.to_lowercase() == wanted)?;
            Some((entry.id.clone(), one.clone()))
        })?;
        let at = self.position(&choice)?;
        if parent.contains(':') {
            self.rules[at].rule.types = vec![one];
            return Some(at);
        }
        let slice = format!("{choice}:{name}");
        let at = self.position(&slice).unwrap_or_else(|| self.add_slice(at, name));
        self.rules[at].rule.types = vec![one];
        self.choices.push((choice, slice));
        Some(at)
    }

    /// A choice that must be of one type is nothing else; slicings that go without saying are said.
    fn finish(&mut self) {
        for (choice, slice) in std::mem::take(&mut self.choices) {
            let (Some(at), Some(slice)) = (self.position(&choice), self.position(&slice)) else { continue };
            let slice = self.rules[slice].rule.clone();
            if slice.min.is_some_and(|min| min > 0) {
                let rule = &mut self.rules[at].rule;
                rule.min = slice.min;
                rule.types = slice.types;
                rule.slicing = Some(Slicing { rules: "closed".to_owned(), ..Slicing::by("type", "$this") });
            }
        }
        for at in 0..self.rules.len() {
            let id = self.rules[at].id.clone();
            let Some((sliced, slice)) = id.rsplit_once(':') else { continue };
            if slice.contains(['.', '/']) {
                continue;
            }
            let Some(sliced) = self.position(sliced) else { continue };
            let rule = &mut self.rules[sliced].rule;
            let slicing = match rule.name() {
                "extension" | "modifierExtension" => Slicing::by("value", "url"),
                _ if rule.path.ends_with("[x]") => Slicing::by("type", "$this"),
                _ => continue,
            };
            rule.slicing.get_or_insert(slicing);
        }
        (0..self.rules.len()).for_each(|at| self.close(at));
    }

    /// A choice that is sliced by type, with a slice for each type that it may be of, takes no others.
    fn close(&mut self, at: usize) {
        let Entry { id, rule } = &self.rules[at];
        let by_type = |slicing: &Slicing| slicing.discriminators.iter().all(|(kind, _)| kind == "type");
        if rule.types.is_empty() || !rule.path.ends_with("[x]") || !rule.slicing.as_ref().is_some_and(by_type)
        {
            return;
        }
        let is_slice = |entry: &&Entry| {
            let name = entry.id.strip_prefix(id.as_str()).and_then(|rest| rest.strip_prefix(':'));
            name.is_some_and(|name| !name.contains(['.', '/', ':']))
        };
        let slices = self.rules[at..self.end(at)].iter().filter(is_slice);
        let sliced: Vec<&str> =
            slices.flat_map(|entry| &entry.rule.types).map(|one| one.code.as_str()).collect();
        let is_covered = rule.types.iter().all(|one| sliced.contains(&one.code.as_str()));
        if let Some(slicing) = self.rules[at].rule.slicing.as_mut().filter(|_| is_covered) {
            "closed".clone_into(&mut slicing.rules);
        }
    }

    /// Where what lies below an element, its slices included, ends.
    fn end(&self, at: usize) -> usize {
        let id = &self.rules[at].id;
        let is_below = |entry: &Entry| {
            entry.id.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with(['.', ':', '/']))
        };
        at + 1 + self.rules[at + 1..].iter().take_while(|entry| is_below(entry)).count()
    }

    fn add_slice(&mut self, sliced: usize, name: &str) -> usize {
        let base = &self.rules[sliced];
        let holder = base.id.split_once(':').map_or(base.id.clone(), |_| match base.id.rsplit_once('.') {
            Some((above, last)) => format!("{above}.{}", last.split(':').next().unwrap_or(last)),
            None => base.id.clone(),
        });
        let published = self.base.iter().find(|(id, _)| *id == base.id).map(|(_, rule)| rule.clone());
        let rule = ElementRule {
            slicing: None,
            slice_name: Some(name.to_owned()),
            min: Some(0),
            must_support: None,
            ..published.unwrap_or_else(|| base.rule.clone())
        };
        let at = self.end(sliced);
        self.rules.insert(at, Entry { id: format!("{holder}:{name}"), rule });
        at
    }

    /// Puts the children of an element there: those of the sliced element, of what its content is, or of its type.
    fn unfold(&mut self, at: usize) {
        let id = self.rules[at].id.clone();
        if self
            .rules
            .get(at + 1)
            .is_some_and(|next| next.id.strip_prefix(&id).is_some_and(|rest| rest.starts_with('.')))
        {
            return;
        }
        if let Some(content) = self.rules[at].rule.content.as_deref() {
            let meant = content.rsplit('#').next().unwrap_or_default();
            let types = self.base.iter().find(|(id, _)| id == meant).map(|(_, rule)| rule.types.clone());
            self.rules[at].rule.types = types.unwrap_or_default();
        }
        let path = self.rules[at].rule.path.clone();
        let root = |id: &str| -> Option<String> {
            let (above, last) = id.rsplit_once('.')?;
            last.contains(':').then(|| format!("{above}.{}", last.split(':').next().unwrap_or(last)))
        };
        let inner = match (&self.rules[at].rule.content, root(&id)) {
            (Some(content), _) => self.below(content.rsplit('#').next().unwrap_or_default()),
            (None, Some(sliced)) => self.below(&sliced),
            (None, None) => Vec::new(),
        };
        let inner = if inner.is_empty() { self.of_type(at) } else { inner };
        let unfolded: Vec<Entry> = inner
            .into_iter()
            .map(|(below, rule)| Entry {
                id: format!("{id}.{below}"),
                rule: ElementRule { path: format!("{path}.{}", without_slices(&below)), ..rule },
            })
            .collect();
        self.rules.splice(at + 1..at + 1, unfolded);
    }

    /// What lies below an element, by the rest of the id.
    fn below(&self, id: &str) -> Vec<(String, ElementRule)> {
        let rest = |below: &str| Some(below.strip_prefix(id)?.strip_prefix('.')?.to_owned());
        self.base.iter().filter_map(|(id, rule)| Some((rest(id)?, rule.clone()))).collect()
    }

    fn of_type(&self, at: usize) -> Vec<(String, ElementRule)> {
        let types: &[TypeRule] = &self.rules[at].rule.types;
        let canonical = match types {
            [one] => match &one.profiles[..] {
                [profile] => profile.clone(),
                _ => format!("{}{}", super::definition::CORE, one.code),
            },
            // What all types have in common.
            _ => format!("{}Element", super::definition::CORE),
        };
        let found = (self.lookup)(&canonical)
            .or_else(|| (self.lookup)(&format!("{}{}", super::definition::CORE, types.first()?.code)));
        let mut entries: Vec<Entry> = found.iter().flatten().map(Entry::of).collect();
        identify(&mut entries);
        let below = entries.into_iter().skip(1);
        below.filter_map(|entry| Some((entry.id.split_once('.')?.1.to_owned(), entry.rule))).collect()
    }
}

fn without_slices(id: &str) -> String {
    let names: Vec<&str> = id.split('.').map(|name| name.split(':').next().unwrap_or(name)).collect();
    names.join(".")
}

/// Puts what a differential says over what is there.
fn merge(rule: &mut ElementRule, change: &ElementRule) {
    fn put<T: Clone>(to: &mut Option<T>, from: &Option<T>) {
        if from.is_some() {
            to.clone_from(from);
        }
    }
    put(&mut rule.min, &change.min);
    put(&mut rule.max, &change.max);
    put(&mut rule.fixed, &change.fixed);
    put(&mut rule.pattern, &change.pattern);
    put(&mut rule.length_max, &change.length_max);
    if let Some(binding) = &change.binding {
        match &mut rule.binding {
            Some(own) if binding.value_set.is_empty() => own.strength = binding.strength,
            own => *own = Some(binding.clone()),
        }
    }
    put(&mut rule.slicing, &change.slicing);
    put(&mut rule.must_support, &change.must_support);
    put(&mut rule.is_modifier, &change.is_modifier);
    for (bound, other) in rule.range.iter_mut().zip(&change.range) {
        put(bound, other);
    }
    if !change.types.is_empty() {
        rule.types.clone_from(&change.types);
    }
    let new = change.demands.iter().filter(|demand| !rule.demands.contains(demand)).cloned();
    rule.demands.extend(new.collect::<Vec<_>>());
    for constraint in &change.constraints {
        rule.constraints.retain(|other| other.key != constraint.key);
        rule.constraints.push(constraint.clone());
    }
}
