//! What a practice does: the chart, the schedule, and the rules that every write must keep.
