//! The command line from outside: a process, its exit code, what it prints and what it leaves on disk.

mod contradictions;
mod crash;
mod destination;
mod evaluation;
mod hostile;
mod labels;
mod leftovers;
mod lineage;
mod output;
mod precision;
mod process;
mod reproducible;
mod statement;
mod tamper;
mod training;
mod usage;
