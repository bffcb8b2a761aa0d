using System.CommandLine;
using Pomegranate.Campaign.CommandLine;

// Long enough to stop the nodes and take their networks down.
return await CampaignCommand.Create().Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
