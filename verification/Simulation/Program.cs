using Pomegranate.Simulation.CommandLine;

return SimulationCommand.Create().Parse(args).Invoke();
