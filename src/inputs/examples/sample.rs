//! A part of the examples in which the classes are as they are in all of them.

use std::collections::BTreeMap;

use super::Examples;
use crate::rng::{Purpose, permutation, stream};

impl Examples {
    /// Keeps at most `most` examples: of every class its share of them, and one at least if there are as many
    /// as classes. Which ones, the seed decides and nothing else; they stay in order.
    pub fn limit(&mut self, most: usize, seed: u64) {
        let all = self.list.len();
        if most >= all {
            return;
        }
        let mut strata: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for (at, example) in self.list.iter().enumerate() {
            strata.entry(example.label).or_default().push(at);
        }
        let sizes: Vec<usize> = strata.values().map(Vec::len).collect();
        let mut kept = vec![false; all];
        for ((label, places), share) in strata.iter().zip(shares(&sizes, most)) {
            // Examples without a label are a stratum of their own, before those of class 0.
            let index = label.map_or(0, |class| class as u64 + 1);
            let order = permutation(places.len(), &mut stream(seed, Purpose::Examples, index));
            order.into_iter().take(share).for_each(|place| kept[places[place as usize]] = true);
        }
        let mut keep = kept.iter();
        self.list.retain(|_| keep.next().copied().unwrap_or_default());
        if let Some(digests) = &mut self.digests {
            let mut keep = kept.iter();
            digests.retain(|_| keep.next().copied().unwrap_or_default());
        }
        let kept = self.list.len();
        self.notes.push(format!(
            "{kept} of {all} examples were drawn with the seed {seed}, by their classes' shares."
        ));
    }
}

/// How many of each stratum are drawn: its share, rounded so that the sum is right, and one at least where
/// that is possible.
fn shares(sizes: &[usize], most: usize) -> Vec<usize> {
    let all: usize = sizes.iter().sum();
    let least = usize::from(most >= sizes.len());
    // The remainders are compared as whole numbers.
    let exact = |size: usize| (size as u128 * most as u128, all as u128);
    let mut shares: Vec<usize> =
        sizes.iter().map(|size| ((exact(*size).0 / exact(*size).1) as usize).max(least)).collect();
    let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
    by_remainder.sort_by_key(|at| (std::cmp::Reverse(exact(sizes[*at]).0 % exact(sizes[*at]).1), *at));
    let mut given: usize = shares.iter().sum();
    for at in by_remainder.iter().copied().filter(|at| sizes[*at] > 0) {
        if given < most && shares[at] < sizes[at] {
            shares[at] += 1;
            given += 1;
        }
    }
    // What ones at least took too much is given back by the largest.
    while given > most {
        let Some(largest) = (0..shares.len()).max_by_key(|at| (shares[*at], std::cmp::Reverse(*at))) else {
            break;
        };
        shares[largest] -= 1;
        given -= 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn shares_add_up_and_no_class_vanishes() {
        assert_eq!(shares(&[50, 30, 20], 10), [5, 3, 2]);
        assert_eq!(shares(&[97, 1, 1, 1], 10), [7, 1, 1, 1]);
        assert_eq!(shares(&[10, 10, 10], 4), [2, 1, 1]);
        assert_eq!(shares(&[10, 10, 10], 2).iter().sum::<usize>(), 2);
        for most in 1..30 {
            let drawn = shares(&[1, 2, 10, 17], most);
            assert_eq!(drawn.iter().sum::<usize>(), most, "{drawn:?}");
            assert!(drawn.iter().zip([1, 2, 10, 17]).all(|(share, size)| *share <= size));
        }
    }
}
