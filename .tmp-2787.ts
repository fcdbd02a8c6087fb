import { occupantOf } from '/work/main/workers/stack/port-occupant.ts';
import { createServer } from 'node:net';
const s = createServer((c)=>{c.on('error',()=>{}).resume(); c.on('close',()=>console.log('closed',performance.now()))}).listen(0,'127.0.0.1', async ()=>{
 const t=performance.now(); console.log(await occupantOf((s.address() as any).port), performance.now()-t);
 s.close(()=>console.log('server closed', performance.now()-t));
});
