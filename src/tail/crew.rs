//! As many threads as work is worth.
//!
//! A pool whose threads outnumber the work, or the processors, loses more by waking and waiting than it wins. What is
//! computed does not depend on the number of threads, so small work gets one, and none gets more than there are
//! processors for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Multiplications of one step that are worth a further thread.
const WORTH_A_THREAD: usize = 1 << 22;

/// Does something whose single steps take so many multiplications, in a pool of fitting size.
pub fn with_crew<T: Send>(step: usize, work: impl FnOnce() -> T + Send) -> T {
    let most = rayon::current_num_threads();
    let threads = (step / WORTH_A_THREAD).clamp(1, most.min(processors()));
    if threads == most {
        return work();
    }
    match crew(threads) {
        Some(crew) => crew.install(work),
        None => work(),
    }
}

fn processors() -> usize {
    thread::available_parallelism().map_or(usize::MAX, usize::from)
}

/// The pool of this size, made when it is asked for first; none if the system has no threads left.
fn crew(threads: usize) -> Option<Arc<ThreadPool>> {
    static CREWS: Mutex<Option<HashMap<usize, Arc<ThreadPool>>>> = Mutex::new(None);
    let mut crews = CREWS.lock().unwrap_or_else(PoisonError::into_inner);
    let crews = crews.get_or_insert_default();
    if let Some(crew) = crews.get(&threads) {
        return Some(Arc::clone(crew));
    }
    let crew = Arc::new(ThreadPoolBuilder::new().num_threads(threads).build().ok()?);
    crews.insert(threads, Arc::clone(&crew));
    Some(crew)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_work_gets_one_thread_and_large_work_no_more_than_there_are() {
        assert_eq!(with_crew(1000, rayon::current_num_threads), 1);
        let pool = ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        assert_eq!(pool.install(|| with_crew(usize::MAX, rayon::current_num_threads)), 3.min(processors()));
    }
}
