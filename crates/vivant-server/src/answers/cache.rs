//! Answers that are remembered for a while, and that many who ask at once wait for together.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use vivant_store::Millis;
use vivant_wire::ErrorCode;

use crate::errors::{ApiError, fail};

/// Why there is no answer; everybody who waited gets it.
#[derive(Clone, Debug)]
pub struct Failed {
    /// HTTP status, code and summary.
    pub code: ErrorCode,
    /// What is wrong with which thing.
    pub detail: String,
}

impl From<Failed> for ApiError {
    fn from(failed: Failed) -> Self {
        fail(failed.code, failed.detail)
    }
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Made<T> {
    /// The value.
    pub value: T,
    /// Its size; `None` if it is not to be remembered.
    pub bytes: Option<usize>,
    /// From when the data are that it was made from.
    pub made_at: Millis,
}

/// Remembers values by their keys, up to a number of bytes; what was not asked for longest goes first.
pub struct Cache<T> {
    state: Mutex<State<T>>,
    most: usize,
}

struct State<T> {
    entries: HashMap<String, Entry<T>>,
    bytes: usize,
    /// Counts what is asked.
    ticks: u64,
    flights: HashMap<String, Flight<T>>,
}

struct Entry<T> {
    made: Made<T>,
    bytes: usize,
    used: u64,
}

type Flight<T> = Shared<BoxFuture<'static, Result<Made<T>, Failed>>>;

impl<T: Clone + Send + Sync + 'static> Cache<T> {
    /// Makes a cache of at most so many bytes.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                entries: HashMap::new(),
                bytes: 0,
                ticks: 0,
                flights: HashMap::new(),
            }),
            most,
        })
    }

    /// Returns what is remembered under a key and not older than `oldest`; else makes it. However many ask at
    /// once, it is made once, and also when they have gone meanwhile.
    pub async fn get<F>(
        self: &Arc<Self>,
        key: &str,
        oldest: Millis,
        make: impl Fn() -> F,
    ) -> Result<Made<T>, Failed>
    where
        F: Future<Output = Result<Made<T>, Failed>> + Send + 'static,
    {
        loop {
            let (flight, is_own) = match self.begin(key, oldest, &make) {
                Begun::Known(made) => return Ok(made),
                Begun::Under(flight, is_own) => (flight, is_own),
            };
            match flight.await {
                // Who came along may want it fresher than the one who began.
                Ok(made) if made.made_at < oldest && !is_own => {}
                ended => return ended,
            }
        }
    }

    fn begin<F>(self: &Arc<Self>, key: &str, oldest: Millis, make: &impl Fn() -> F) -> Begun<T>
    where
        F: Future<Output = Result<Made<T>, Failed>> + Send + 'static,
    {
        let mut state = self.state();
        state.ticks += 1;
        let ticks = state.ticks;
        if let Some(entry) = state.entries.get_mut(key)
            && entry.made.made_at >= oldest
        {
            entry.used = ticks;
            return Begun::Known(entry.made.clone());
        }
        if let Some(flight) = state.flights.get(key) {
            return Begun::Under(flight.clone(), false);
        }
        let (cache, name, making) = (Arc::clone(self), key.to_owned(), make());
        let task = tokio::spawn(async move {
            let ended = making.await;
            cache.land(&name, ended.as_ref().ok());
            ended
        });
        let (cache, name) = (Arc::clone(self), key.to_owned());
        let flight = async move {
            match task.await {
                Ok(ended) => ended,
                Err(error) => {
                    cache.land(&name, None);
                    tracing::error!(cause = %error, "an answer was not finished");
                    Err(Failed {
                        code: ErrorCode::InternalError,
                        detail: "The server failed to answer; its log says why.".to_owned(),
                    })
                }
            }
        };
        let flight = flight.boxed().shared();
        state.flights.insert(key.to_owned(), flight.clone());
        Begun::Under(flight, true)
    }

    /// Ends a flight, and remembers what it made.
    fn land(&self, key: &str, made: Option<&Made<T>>) {
        let mut state = self.state();
        state.flights.remove(key);
        let Some((made, size)) = made.and_then(|made| Some((made, made.bytes?))) else {
            return;
        };
        let bytes = size + key.len();
        if bytes > self.most {
            return;
        }
        let entry = Entry {
            made: made.clone(),
            bytes,
            used: state.ticks,
        };
        if let Some(before) = state.entries.insert(key.to_owned(), entry) {
            state.bytes -= before.bytes;
        }
        state.bytes += bytes;
        while state.bytes > self.most {
            let oldest = state.entries.iter().min_by_key(|(_, entry)| entry.used);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else {
                break;
            };
            if let Some(gone) = state.entries.remove(&key) {
                state.bytes -= gone.bytes;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Begun<T> {
    Known(Made<T>),
    Under(Flight<T>, bool),
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    /// Makes values of ten bytes, and counts how often.
    struct Maker {
        made: AtomicUsize,
        gate: Semaphore,
    }

    impl Maker {
        fn new(permits: usize) -> Arc<Self> {
            Arc::new(Self {
                made: AtomicUsize::new(0),
                gate: Semaphore::new(permits),
            })
        }

        fn count(&self) -> usize {
            self.made.load(Ordering::SeqCst)
        }

        async fn make(self: Arc<Self>, at: Millis) -> Result<Made<usize>, Failed> {
            let number = self.made.fetch_add(1, Ordering::SeqCst);
            let _permit = self.gate.acquire().await.expect("it is never closed");
            Ok(Made {
                value: number,
                bytes: Some(10),
                made_at: at,
            })
        }
    }

    async fn ask(
        cache: &Arc<Cache<usize>>,
        maker: &Arc<Maker>,
        key: &str,
        oldest: Millis,
        at: Millis,
    ) -> usize {
        let found = cache.get(key, oldest, || Arc::clone(maker).make(at)).await;
        found.expect("it is made").value
    }

    #[tokio::test]
    async fn fifty_who_ask_for_twenty_things_at_once_make_each_once() {
        let (cache, maker) = (Cache::new(1000), Maker::new(0));
        let mut waiting = Vec::new();
        for number in 0..1000 {
            let (cache, maker) = (Arc::clone(&cache), Arc::clone(&maker));
            let key = format!("{}", number % 20);
            waiting.push(tokio::spawn(async move { ask(&cache, &maker, &key, 0, 1).await }));
        }
        // All twenty are under way, and nothing is made before everybody has asked.
        while maker.count() < 20 {
            tokio::task::yield_now().await;
        }
        maker.gate.add_permits(20);
        for (number, one) in waiting.into_iter().enumerate() {
            let first = ask(&cache, &maker, &format!("{}", number % 20), 0, 1).await;
            assert_eq!(one.await.expect("it ends"), first);
        }
        assert_eq!(maker.count(), 20);
    }

    #[tokio::test]
    async fn what_is_too_old_is_made_anew() {
        let (cache, maker) = (Cache::new(1000), Maker::new(100));
        assert_eq!(ask(&cache, &maker, "a", 0, 50).await, 0);
        assert_eq!(ask(&cache, &maker, "a", 50, 60).await, 0);
        assert_eq!(ask(&cache, &maker, "a", 51, 60).await, 1);
        assert_eq!(ask(&cache, &maker, "a", 0, 70).await, 1);
    }

    #[tokio::test]
    async fn what_is_under_way_but_too_old_is_made_anew() {
        let (cache, maker) = (Cache::new(1000), Maker::new(0));
        let first = {
            let (cache, maker) = (Arc::clone(&cache), Arc::clone(&maker));
            tokio::spawn(async move { ask(&cache, &maker, "a", 0, 50).await })
        };
        while maker.count() < 1 {
            tokio::task::yield_now().await;
        }
        maker.gate.add_permits(100);
        assert_eq!(ask(&cache, &maker, "a", 90, 90).await, 1);
        assert_eq!(first.await.expect("it ends"), 0);
    }

    #[tokio::test]
    async fn memory_is_bounded_and_the_least_used_goes() {
        let (cache, maker) = (Cache::new(25), Maker::new(100));
        for key in ["a", "b"] {
            ask(&cache, &maker, key, 0, 1).await;
        }
        ask(&cache, &maker, "a", 0, 1).await;
        ask(&cache, &maker, "c", 0, 1).await;
        assert_eq!(maker.count(), 3);
        assert_eq!(ask(&cache, &maker, "a", 0, 1).await, 0);
        ask(&cache, &maker, "b", 0, 1).await;
        assert_eq!(maker.count(), 4);
        assert!(cache.state().bytes <= 25);
    }

    #[tokio::test]
    async fn failures_reach_everybody_and_are_not_remembered() {
        let cache: Arc<Cache<usize>> = Cache::new(100);
        let failing = || async {
            Err(Failed {
                code: ErrorCode::BadRequest,
                detail: "no".to_owned(),
            })
        };
        assert_eq!(cache.get("a", 0, failing).await.unwrap_err().detail, "no");
        let panics = || async { panic!("made on purpose") };
        assert_eq!(
            cache.get("a", 0, panics).await.unwrap_err().code,
            ErrorCode::InternalError
        );
        assert_eq!(ask(&cache, &Maker::new(1), "a", 0, 1).await, 0);
        assert!(cache.state().flights.is_empty());
    }
}
