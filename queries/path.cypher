// The shortest chains of relations between two concepts, the surest first, with a sentence for every hop.
//
// in   from: concept             concept to start at
// in   to: concept               concept to reach
// in   limit: integer = 3        most chains to return
// out  hops: integer             relations in the chain
// out  confidence: float         product of the confidences of its hops
// out  names: list<string>       names along the chain, one more than hops
// out  relations: list<string>   type of each hop
// out  forward: list<boolean>    whether the relation points along the hop
// out  papers: list<string>      for each hop, the id of a paper that says so
// out  sentences: list<string>   for each hop, the sentence
MATCH (a:Concept {id: $from})
MATCH (b:Concept {id: $to})
MATCH p = allShortestPaths((a)-[:SUBCLASS_OF|SUBTASK_OF|VARIANT_OF|PART_OF|USED_FOR|BENCHMARK_FOR|TRAINED_WITH|EVALUATED_WITH|COMPARED_WITH*..6]-(b))
WITH nodes(p) AS steps, relationships(p) AS links
WITH steps, links,
     reduce(product = 1.0, r IN links | product * r.confidence) AS confidence,
     reduce(text = '', n IN steps | text + n.id + ' ') AS tie,
     reduce(text = '', i IN range(0, size(links) - 1) | text + type(links[i]) +
       CASE WHEN startNode(links[i]).id = steps[i].id THEN ' 0 ' ELSE ' 1 ' END) AS way
RETURN size(links) AS hops, confidence, [n IN steps | n.name] AS names, [r IN links | type(r)] AS relations,
       [i IN range(0, size(links) - 1) | startNode(links[i]).id = steps[i].id] AS forward,
       [r IN links | r.paper_ids[0]] AS papers, [r IN links | r.sentences[0]] AS sentences
ORDER BY hops, confidence DESC, tie, way
LIMIT $limit
