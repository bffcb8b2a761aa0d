// Two clusters at once would starve each other on a small machine.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
