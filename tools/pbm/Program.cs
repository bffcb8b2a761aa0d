using Pomegranate.Pbm;

return await PbmProgram.RunAsync(args, PbmConsole.OfProcess());
