//! Administrators who act on each other in the same moment leave one who can act.

use crate::practice::Practice;
use access::Actor;
use identity::{AccountState, Accounts};
use record::Origin;
use std::sync::Barrier;
use std::thread;

/// The pages close an account by the same call; here many pairs do it, each as close together as threads can be.
#[test]
fn of_two_administrators_who_close_each_other_at_once_one_remains() {
    let practice = Practice::new();
    let local = || practice.record.session(Actor::local_administrator(), Origin::default());
    practice.joined("remains");
    for round in 0..40 {
        practice.joined(&format!("joins-{round}"));
        let session = local();
        let mut active = Accounts::new(&session).list().unwrap();
        active.retain(|account| account.state == AccountState::Active);
        let [one, other] = active.as_slice() else { panic!("round {round}: {} are active", active.len()) };
        let together = Barrier::new(2);
        let close = |id: &str| {
            let session = local();
            together.wait();
            Accounts::new(&session).close(id).is_ok()
        };
        let closed = thread::scope(|scope| {
            let both = [&one.id, &other.id].map(|id| scope.spawn(|| close(id)));
            both.map(|thread| thread.join().unwrap())
        });
        assert_eq!(closed.iter().filter(|closed| **closed).count(), 1, "round {round}");
    }
}
