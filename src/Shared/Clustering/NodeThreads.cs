using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Pomegranate.Clustering;

/// <summary>
/// An executor for Akka's dispatchers: threads of the node's own, which sleep while there is nothing to do.
/// </summary>
/// <remarks>
/// Akka's own fork-join executor is as independent of the app, but its threads look for work some hundred times before
/// they sleep. Where the cores are few that is at the cost of who has work: an idle node switched threads 5,000 times a
/// second.
/// </remarks>
internal sealed class NodeThreads(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <summary>The same for each dispatcher: enough that one slow receive holds up nobody.</summary>
    private const int Count = 4;

    public override ExecutorService Produce(string id) => new Pool(id, Prerequisites.EventStream);

    private sealed class Pool : ExecutorService
    {
        private readonly Queue<IRunnable> _waiting = [];
        private readonly EventStream _events;
        private int _sleeping;
        private bool _isClosed;

        public Pool(string id, EventStream events)
            : base(id)
        {
            _events = events;
            for (var i = 0; i < Count; i++)
            {
                new Thread(Work) { IsBackground = true, Name = id }.Start();
            }
        }

        public override void Execute(IRunnable run)
        {
            lock (_waiting)
            {
                if (_isClosed)
                {
                    throw new RejectedExecutionException($"The threads of {Id} have ended.");
                }

                _waiting.Enqueue(run);
                if (_sleeping > 0)
                {
                    Monitor.Pulse(_waiting);
                }
            }
        }

        /// <summary>What waits is still done.</summary>
        public override void Shutdown()
        {
            lock (_waiting)
            {
                _isClosed = true;
                Monitor.PulseAll(_waiting);
            }
        }

        private void Work()
        {
            while (Next() is { } run)
            {
                try
                {
                    run.Run();
                }
                catch (Exception failure)
                {
                    // Mailboxes catch what actors throw. Whatever else is run here must not end the thread.
                    _events.Publish(new Error(failure, Id, typeof(NodeThreads), "What a dispatcher was given to run has failed."));
                }
            }
        }

        private IRunnable? Next()
        {
            lock (_waiting)
            {
                while (_waiting.Count == 0)
                {
                    if (_isClosed)
                    {
                        return null;
                    }

                    _sleeping++;
                    Monitor.Wait(_waiting);
                    _sleeping--;
                }

                return _waiting.Dequeue();
            }
        }
    }
}
