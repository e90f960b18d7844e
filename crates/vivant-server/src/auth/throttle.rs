//! A limit to guessing: who fails to sign in again and again has to wait.
//!
//! It holds for one name from one address, so nobody locks somebody else out, and each node counts for
//! itself. What succeeds is forgotten at once, the rest little by little.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use vivant_model::name;
use vivant_store::Millis;

/// How many failures in a row are free.
pub const LIMIT: i64 = 20;
/// After them, one more in this time.
pub const STEP_MS: Millis = 15_000;
/// How many names and addresses are remembered.
const MOST: usize = 50_000;
/// How much of a name is remembered.
const LONGEST: usize = 255;

/// The failures of late.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<Who, Millis>>);

/// Who tries to sign in, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Who {
    name: String,
    address: Option<IpAddr>,
}

impl Who {
    /// A name as it was typed, and the address that the request came from.
    pub fn new(login: &str, address: Option<IpAddr>) -> Self {
        Self {
            name: name::key(login).chars().take(LONGEST).collect(),
            address,
        }
    }
}

impl Throttle {
    /// Returns whether another try must wait.
    pub fn is_blocked(&self, who: &Who, now: Millis) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The value is when all is forgotten: each failure puts it off by a step.
        known
            .get(who)
            .is_some_and(|until| until - now > (LIMIT - 1) * STEP_MS)
    }

    /// Remembers a failure.
    pub fn failed(&self, who: Who, now: Millis) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, until| *until > now);
        }
        if known.len() < MOST || known.contains_key(&who) {
            let until = known.entry(who).or_insert(now);
            *until = (*until).max(now) + STEP_MS;
        }
    }

    /// Forgets the failures before a success.
    pub fn succeeded(&self, who: &Who) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_becomes_slow_for_one_name_from_one_address() {
        let throttle = Throttle::default();
        let here = Who::new("Ada", Some(IpAddr::from([127, 0, 0, 1])));
        let there = Who::new("ada", Some(IpAddr::from([127, 0, 0, 2])));
        for now in 0..LIMIT {
            assert!(!throttle.is_blocked(&here, now));
            throttle.failed(here.clone(), now);
        }
        assert!(throttle.is_blocked(&here, LIMIT) && !throttle.is_blocked(&there, LIMIT));
        assert!(throttle.is_blocked(&Who::new("ADA", here.address), LIMIT));
        // One step later one more is free, and no second one.
        let later = STEP_MS + LIMIT;
        assert!(!throttle.is_blocked(&here, later));
        throttle.failed(here.clone(), later);
        assert!(throttle.is_blocked(&here, later));
        throttle.succeeded(&here);
        assert!(!throttle.is_blocked(&here, later));
    }

    #[test]
    fn a_failure_is_forgotten_and_memory_has_an_end() {
        let throttle = Throttle::default();
        for number in 0..MOST + 10 {
            throttle.failed(Who::new(&number.to_string(), None), 0);
        }
        assert_eq!(throttle.0.lock().expect("no panic").len(), MOST);
        throttle.failed(Who::new(&"x".repeat(1000), None), STEP_MS);
        let known = throttle.0.lock().expect("no panic");
        assert_eq!(known.len(), 1);
        assert!(known.keys().all(|who| who.name.len() == LONGEST));
    }
}
