//! The tables of the policy: those that came with the program, or the practice's own, kept as private documents.

use crate::error::Error;
use crate::private_documents::DocumentChange;
use crate::session::{Record, Session};
use access::policy::BUILT_IN;
use access::{Actor, Asker, Interaction, NoRelations, Policy, Tables};
use search::matcher::NoPorts;
use std::sync::{Arc, PoisonError, RwLock};

const SPACE: &str = "policy";

/// How long a policy is taken for what it was when it was read, in milliseconds: another process may change it.
const FRESH_MS: i64 = 30_000;

/// The tables as texts, in the form of `data/access`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyTables {
    /// Names for lists of types.
    pub groups: String,
    /// Permissions.
    pub roles: String,
    /// Who sees what bears a label.
    pub restrictions: String,
}

impl PolicyTables {
    /// Those that come with the program.
    pub fn built_in() -> Self {
        Self {
            groups: BUILT_IN.groups.to_owned(),
            roles: BUILT_IN.roles.to_owned(),
            restrictions: BUILT_IN.restrictions.to_owned(),
        }
    }

    /// Reads them as a policy.
    ///
    /// # Errors
    /// Names the table and the line, and what is wrong there; or says that nobody could change them again.
    pub fn read(&self) -> Result<Policy, String> {
        let Self { groups, roles, restrictions } = self;
        let policy = Policy::read(&Tables { groups, roles, restrictions })?;
        let administrator = Actor::local_administrator();
        let asker = Asker { actor: &administrator, relations: &NoRelations, ports: &NoPorts, now_ms: 0 };
        match policy.decide_all(&asker, Interaction::Operate) {
            Ok(_) => Ok(policy),
            Err(_) => Err(
                "roles.tsv: the role administrator must keep crudsxe on *, or nobody could change this again"
                    .to_owned(),
            ),
        }
    }

    fn parts(&self) -> [(&'static str, &str); 3] {
        [("groups", &self.groups), ("roles", &self.roles), ("restrictions", &self.restrictions)]
    }

    fn part(&mut self, name: &str) -> Option<&mut String> {
        match name {
            "groups" => Some(&mut self.groups),
            "roles" => Some(&mut self.roles),
            "restrictions" => Some(&mut self.restrictions),
            _ => None,
        }
    }
}

/// The policy as it was read lately.
pub(crate) struct CurrentPolicy(RwLock<Current>);

struct Current {
    policy: Arc<Policy>,
    /// What it was read from; `None`: it was given when the record was opened.
    tables: Option<PolicyTables>,
    read_ms: Option<i64>,
}

impl CurrentPolicy {
    pub fn new(policy: Policy) -> Self {
        Self(RwLock::new(Current { policy: Arc::new(policy), tables: None, read_ms: None }))
    }
}

impl Record {
    /// The policy at this moment.
    pub fn policy(&self) -> Arc<Policy> {
        self.policy_at(self.now_ms())
    }

    /// The policy at a moment. Tables that another process put in place and that this program does not understand leave the
    /// policy as it is.
    pub(crate) fn policy_at(&self, now_ms: i64) -> Arc<Policy> {
        {
            let current = self.policy.0.read().unwrap_or_else(PoisonError::into_inner);
            if current.read_ms.is_some_and(|read_ms| now_ms < read_ms + FRESH_MS) {
                return Arc::clone(&current.policy);
            }
        }
        let kept = self.kept_tables();
        let mut current = self.policy.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Ok(kept) = kept {
            current.read_ms = Some(now_ms);
            if kept != current.tables
                && let Ok(policy) = kept.clone().unwrap_or_else(PolicyTables::built_in).read()
            {
                current.policy = Arc::new(policy);
                current.tables = kept;
            }
        }
        Arc::clone(&current.policy)
    }

    /// The tables at this moment.
    pub fn policy_tables(&self) -> Result<PolicyTables, Error> {
        Ok(self.kept_tables()?.unwrap_or_else(PolicyTables::built_in))
    }

    /// The practice's own tables; `None`: it has none.
    fn kept_tables(&self) -> Result<Option<PolicyTables>, Error> {
        let documents = self.store.list_private(SPACE)?;
        let mut tables = PolicyTables::built_in();
        for (name, content) in &documents {
            if let (Some(part), Ok(text)) = (tables.part(name), std::str::from_utf8(content)) {
                text.clone_into(part);
            }
        }
        Ok((!documents.is_empty()).then_some(tables))
    }
}

impl Session {
    /// Puts tables in place of those that are there: for administrators. `None` puts back those that came with the program.
    ///
    /// # Errors
    /// Says what in the tables is not understood; nothing is changed then.
    pub fn change_policy(&self, tables: Option<&PolicyTables>) -> Result<(), Error> {
        self.require_administrator()?;
        if let Some(tables) = tables {
            tables.read().map_err(|problem| Error::request("", problem))?;
        }
        let mut changes = Vec::new();
        for (name, text) in tables.unwrap_or(&PolicyTables::built_in()).parts() {
            let before = self.record.private_document(SPACE, name)?;
            let after = tables.map(|_| text.as_bytes().to_vec());
            if before != after {
                changes.push(DocumentChange { space: SPACE, key: name.to_owned(), before, after });
            }
        }
        let what = match tables {
            Some(_) => "the policy is changed",
            None => "the policy is put back to what came with the program",
        };
        if !changes.is_empty() && !self.change_documents(changes, what)? {
            return Err(Error::request(
                "",
                "somebody else changed the policy meanwhile; look at it and try again",
            ));
        }
        self.record.policy.0.write().unwrap_or_else(PoisonError::into_inner).read_ms = None;
        Ok(())
    }
}
