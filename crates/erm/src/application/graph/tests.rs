//! What is told of a graph that changes while somebody walks through it.
